from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from .models import Book, Order, RatedBook, Review


class SoldOutError(Exception):
    """There are not so many copies of a book."""


def first_books() -> dict[str, Book]:
    """The books that a new shop begins with, made anew for each shop."""
    books = (
        Book(isbn="9780140449266", title="The Count of Monte Cristo", author="Dumas", copies=12),
        Book(isbn="9780141439518", title="Pride and Prejudice", author="Austen", copies=9),
        Book(isbn="9780142437230", title="Don Quixote", author="Cervantes", copies=4),
        Book(isbn="9780141439662", title="Sense and Sensibility", author="Austen", copies=7),
        Book(isbn="9780140449129", title="Twenty Years After", author="Dumas", copies=5),
        Book(isbn="9780141439587", title="Emma", author="Austen", copies=15),
    )
    return {book.isbn: book for book in books}


@dataclass
class Store:
    """The books, reviews and orders of one shop."""

    books: dict[str, Book] = field(default_factory=first_books)
    reviews: dict[int, Review] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    review_ids: Iterator[int] = field(default_factory=lambda: count(1))
    order_ids: Iterator[int] = field(default_factory=lambda: count(1))

    def rated(self, book: Book) -> RatedBook:
        """A book with the mean of its stars."""
        stars = [review.stars for review in self.reviews.values() if review.isbn == book.isbn]
        rating = round(sum(stars) / len(stars), 1) if stars else None
        return RatedBook(**book.model_dump(), rating=rating)
