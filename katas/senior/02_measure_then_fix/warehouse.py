"""The warehouse, which belongs to another company. Given: read it, do not edit it."""

import asyncio
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

HANDSHAKE_SECONDS = 0.05
ROUND_TRIP_SECONDS = 0.002


@dataclass(frozen=True)
class Book:
    """A book, and how many copies there are at this moment."""

    isbn: str
    title: str
    copies: int


class NoSuchBookError(Exception):
    """The warehouse has never had such a book."""


class SoldOutError(Exception):
    """There are not so many copies."""


class LinkClosedError(Exception):
    """Something was asked through a link that is not open."""


_SHELVES = (
    Book("9780140449266", "The Count of Monte Cristo", 2_000),
    Book("9780141439518", "Pride and Prejudice", 900),
    Book("9780142437230", "Don Quixote", 40),
    Book("9780141439471", "Frankenstein", 1_500),
    Book("9780141441146", "Jane Eyre", 700),
    Book("9780140449136", "Crime and Punishment", 30),
)
books = {book.isbn: book for book in _SHELVES}
links: list["Link"] = []
"""Every link that was ever opened, also when it is closed again."""


async def handshake() -> None:
    """Agree on keys and show who we are: a few messages there and back."""
    await asyncio.sleep(HANDSHAKE_SECONDS)


async def ask(_question: str) -> None:
    """Send one question, and wait for what comes back."""
    await asyncio.sleep(ROUND_TRIP_SECONDS)


class Link:
    """A link to the warehouse.

    It is what a pool of connections or an `httpx.AsyncClient` is: opening one takes a while, and
    one that is open serves any number of requests at once. Use it with `async with`, or call
    `open` and `close`.
    """

    def __init__(self) -> None:
        self.is_open = False

    async def open(self) -> None:
        """Open the link; nothing can be asked before."""
        await handshake()
        self.is_open = True
        links.append(self)

    async def close(self) -> None:
        """Close the link for good."""
        self.is_open = False

    async def __aenter__(self) -> Self:
        """Open it."""
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()

    async def all_books(self) -> list[Book]:
        """Every book, in no particular order."""
        await self._ask("all_books")
        return list(books.values())

    async def find(self, isbn: str) -> Book | None:
        """One book, as it is at this moment; None when there is no such book."""
        await self._ask("find")
        return books.get(isbn)

    async def take(self, isbn: str, copies: int) -> Book:
        """Take copies off the shelf, and return the book as it is afterwards.

        Raises:
            NoSuchBookError: there is no such book.
            SoldOutError: there are not so many copies; nothing is taken.
        """
        await self._ask("take")
        book = books.get(isbn)
        if book is None:
            raise NoSuchBookError(isbn)
        if book.copies < copies:
            raise SoldOutError(isbn)
        books[isbn] = replace(book, copies=book.copies - copies)
        return books[isbn]

    async def _ask(self, question: str) -> None:
        if not self.is_open:
            raise LinkClosedError(f"{question}: this link is not open.")
        await ask(question)
