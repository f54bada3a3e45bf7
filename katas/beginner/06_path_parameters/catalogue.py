"""The bookshop's catalogue and its files. Given: use it, do not edit it.

Books and files are added while the shop is open, so ask anew for every request.
"""

from pydantic import BaseModel


class Book(BaseModel):
    """A book as the shop knows it."""

    id: int
    title: str
    author: str
    genre: str
    isbn: str
    pages: int


_books: dict[int, Book] = {}
_files: dict[str, str] = {}


def find_book(book_id: int) -> Book | None:
    """Give the book with this number; None when there is none."""
    return _books.get(book_id)


def find_isbn(isbn: str) -> Book | None:
    """Give the book with this ISBN, which is a text; None when there is none."""
    return next((book for book in _books.values() if book.isbn == isbn), None)


def newest_book() -> Book:
    """Give the book that was added last."""
    return _books[max(_books)]


def books_of(genre: str) -> list[Book]:
    """List the books of a genre, in the order in which they were added."""
    return [book for book in _books.values() if book.genre == genre]


def read_page(book_id: int, page: int) -> str | None:
    """Give the text of a page; None when there is no such book, or it has no such page."""
    book = find_book(book_id)
    if book is None or page not in range(1, book.pages + 1):
        return None
    return f"{book.title}, by {book.author}: this is page {page} of {book.pages}."


def read_file(path: str) -> str | None:
    """Give the text of a file by its whole path, as "maps/cellar.txt"; None when there is none."""
    return _files.get(path)


def add_book(title: str, author: str, genre: str, isbn: str, pages: int) -> Book:
    """Put a book into the catalogue, under the next number."""
    book = Book(id=len(_books) + 1, title=title, author=author, genre=genre, isbn=isbn, pages=pages)
    _books[book.id] = book
    return book


def add_file(path: str, text: str) -> None:
    """Put a file into the shop's folder."""
    _files[path] = text


add_book("The Lantern at Low Tide", "Hana Brandt", "crime", "0917400291", 312)
add_book("Salt and Other Letters", "Otis Moreau", "poetry", "013410935X", 96)
add_book("Nine Bridges", "Priya Lindqvist", "travel", "1738980537", 244)
add_book("A Quiet Inspector", "Kofi Garza", "crime", "0964591189", 408)
add_book("The Cartographer's Year", "Mira Castell", "travel", "0732938031", 521)

add_file("opening-hours.txt", "Monday to Saturday, 9 to 18.")
add_file("maps/cellar.txt", "Travel on the left, crime at the back.")
add_file("leaflets/2026/spring fair.txt", "The spring fair opens on the first of May.")
