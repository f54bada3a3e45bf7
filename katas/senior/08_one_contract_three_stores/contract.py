"""What the shop expects of a store of books, whatever stands behind it.

Given: use it, do not edit it. No driver is imported here, and none is needed.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Protocol

from pydantic import BaseModel, Field, JsonValue


class NewBook(BaseModel):
    """A book as a client sends it.

    Attributes:
        details: what the publisher says about it, any JSON object. Where they are there,
            `language` is a text, `tags` a list of texts, and `pages` a whole number.
    """

    title: Annotated[str, Field(min_length=1)]
    price: Annotated[Decimal, Field(ge=0, max_digits=6, decimal_places=2)]
    published: date
    details: dict[str, JsonValue]


class Book(NewBook):
    """A book as a store has it, and as the API answers it."""

    isbn: str
    copies: int


class Change(BaseModel):
    """How many copies came in, or went out when it is negative."""

    change: Annotated[int, Field(ge=-999, le=999)]


class Wanted(BaseModel):
    """What somebody asks for. What is None does not matter; the rest holds all at once."""

    language: str | None = None
    tag: str | None = None
    min_pages: Annotated[int | None, Field(ge=0)] = None


class UnknownBookError(Exception):
    """There is no book with this ISBN."""


class TooFewCopiesError(Exception):
    """There are not so many copies."""


class Books(Protocol):
    """The contract: what every store of books can do. Each method is one step, or none."""

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        """Add a book with no copies, or replace one and leave its copies as they are.

        Returns:
            The book as it is now, and whether it was added.
        """
        ...

    async def get(self, isbn: str) -> Book:
        """Get one book.

        Raises:
            UnknownBookError: there is none.
        """
        ...

    async def change_stock(self, isbn: str, change: int) -> Book:
        """Add to the copies of a book, or take from them.

        Returns:
            The book as it is now.

        Raises:
            UnknownBookError: there is no such book.
            TooFewCopiesError: less than none would be left; nothing is changed.
        """
        ...

    async def find(self, wanted: Wanted) -> list[Book]:
        """Get the books that somebody asks for, in the order of their ISBNs."""
        ...
