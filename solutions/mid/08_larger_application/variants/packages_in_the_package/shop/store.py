from .models.books import Book, RatedBook
from .models.orders import NewOrder, Order
from .models.reviews import NewReview, Review

FIRST_BOOKS = (
    ("9780140449266", "The Count of Monte Cristo", "Dumas", 12),
    ("9780141439518", "Pride and Prejudice", "Austen", 9),
    ("9780142437230", "Don Quixote", "Cervantes", 4),
    ("9780141439662", "Sense and Sensibility", "Austen", 7),
    ("9780140449129", "Twenty Years After", "Dumas", 5),
    ("9780141439587", "Emma", "Austen", 15),
)


class SoldOutError(Exception):
    pass


class Store:
    def __init__(self) -> None:
        self.books = {
            isbn: Book(isbn=isbn, title=title, author=author, copies=copies)
            for isbn, title, author, copies in FIRST_BOOKS
        }
        self.reviews: dict[int, Review] = {}
        self.orders: dict[int, Order] = {}
        self._last_review = 0

    def rated(self, book: Book) -> RatedBook:
        stars = [review.stars for review in self.reviews_of(book)]
        rating = round(sum(stars) / len(stars), 1) if stars else None
        return RatedBook(**book.model_dump(), rating=rating)

    def reviews_of(self, book: Book) -> list[Review]:
        return [review for review in self.reviews.values() if review.isbn == book.isbn]

    def review(self, book: Book, new: NewReview) -> Review:
        self._last_review += 1
        review = Review(**new.model_dump(), id=self._last_review, isbn=book.isbn)
        self.reviews[review.id] = review
        return review

    def order(self, book: Book, new: NewOrder) -> Order:
        if book.copies < new.copies:
            raise SoldOutError(f"There are only {book.copies} copies of {book.title} left.")
        book.copies -= new.copies
        order = Order(**new.model_dump(), id=len(self.orders) + 1)
        self.orders[order.id] = order
        return order
