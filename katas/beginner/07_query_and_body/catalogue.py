"""The shop's catalogue. Given: use it, do not edit it.

It hands out copies, as a database would: a changed book is kept only when it is saved.
"""

from collections.abc import Iterable

from pydantic import BaseModel


class Book(BaseModel):
    """A book as the shop knows it; `stock` is how many copies are on the shelf."""

    id: int
    title: str
    author: str
    subjects: list[str]
    price_cents: int
    stock: int


_books: dict[int, Book] = {}


def every_book() -> list[Book]:
    """All books, in the catalogue's order."""
    return [book.model_copy(deep=True) for book in _books.values()]


def find_book(book_id: int) -> Book | None:
    """The book with this id; None when there is none."""
    book = _books.get(book_id)
    return book and book.model_copy(deep=True)


def save_book(book: Book) -> None:
    """Keep a book in the place of the one that has the same id."""
    _books[book.id] = book.model_copy(deep=True)


def fill(books: Iterable[Book]) -> None:
    """Replace all books. The suite does this before it asks for any."""
    _books.clear()
    for book in books:
        save_book(book)


fill(
    [
        Book(
            id=11,
            title="The Salt Lantern",
            author="Ines Okafor",
            subjects=["sea", "history"],
            price_cents=1850,
            stock=4,
        ),
        Book(
            id=12,
            title="A Cartographer's Winter",
            author="Jonas Dahl",
            subjects=["travel"],
            price_cents=2290,
            stock=0,
        ),
        Book(
            id=13,
            title="Gardens by the Sea",
            author="Priya Moreau",
            subjects=["garden", "sea"],
            price_cents=3400,
            stock=12,
        ),
    ]
)
