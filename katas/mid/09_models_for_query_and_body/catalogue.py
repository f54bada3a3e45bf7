"""The shop's catalogue, and what an ISBN is. Given: use it, do not edit it.

Ask it anew for each request: the books change while the app runs.
"""

from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel


class Book(BaseModel):
    """A book as the shop sells it. Its `isbn` has no hyphens, its `price` has two decimals."""

    isbn: str
    title: str
    author: str
    price: Decimal


def plain_isbn(text: str) -> str:
    """Take the hyphens out of an ISBN-13: `978-0-306-40615-7` becomes `9780306406157`.

    Raises:
        ValueError: the text is no ISBN-13.
    """
    digits = text.replace("-", "")
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("an ISBN has thirteen digits")
    if sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10:
        raise ValueError("the last digit of this ISBN does not fit the others")
    return digits


_books: dict[str, Book] = {}


def every_book() -> list[Book]:
    """All books, in the catalogue's order."""
    return list(_books.values())


def find_book(isbn: str) -> Book | None:
    """The book with this ISBN, written without hyphens; None when the shop has none."""
    return _books.get(isbn)


def fill(books: Iterable[Book]) -> None:
    """Replace all books. The suite does this before it asks for any."""
    _books.clear()
    _books.update({book.isbn: book for book in books})


fill(
    [
        Book(
            isbn="9780306406157",
            title="The Salt Lantern",
            author="Ines Okafor",
            price=Decimal("18.50"),
        ),
        Book(
            isbn="9783161484100",
            title="A Cartographer's Winter",
            author="Jonas Dahl",
            price=Decimal("22.90"),
        ),
        Book(
            isbn="9781861972712",
            title="Gardens by the Sea",
            author="Priya Moreau",
            price=Decimal("34.00"),
        ),
    ]
)
