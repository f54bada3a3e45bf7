"""The warehouse's client. Given: use it, do not edit it."""

import logging
from collections.abc import AsyncIterator
from typing import Protocol

log = logging.getLogger("bookshop.warehouse")


class WarehouseError(Exception):
    """Something in the warehouse does not work; no fault of the one who asked."""


class Wire(Protocol):
    """What carries a question to the warehouse and brings the answer."""

    async def count(self, book_id: int, request_id: str) -> int | None:
        """Bring the number of copies; None when the warehouse does not know the book."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """Bring the whole stock, line by line."""
        ...


class LocalWire:
    """Answers at once, from a small stock."""

    def __init__(self) -> None:
        self.stock = {11: 4, 12: 0, 13: 250}

    async def count(self, book_id: int, request_id: str) -> int | None:
        """Answer at once."""
        return self.stock.get(book_id)

    async def lines(self) -> AsyncIterator[str]:
        """Give one line after the other."""
        for book_id, copies in self.stock.items():
            yield f"{book_id},{copies}\n"


wire: Wire = LocalWire()
"""The way to the warehouse. The suite puts a wire of its own here."""


async def count(book_id: int, request_id: str) -> int | None:
    """Count the copies of a book; None when the warehouse does not know the book.

    Args:
        book_id: which book.
        request_id: the id of the request that this is done for. The warehouse writes it down, so
            that a request can be followed from one service to the next.
    """
    log.info("counting book %s", book_id)
    copies = await wire.count(book_id, request_id)
    log.info("counted book %s", book_id)
    return copies


async def export() -> AsyncIterator[str]:
    """Give the whole stock as CSV, one line at a time, each when the warehouse has it ready."""
    async for line in wire.lines():
        log.info("exporting %s", line.rstrip())
        yield line
