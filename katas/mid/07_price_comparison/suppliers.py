"""The three suppliers that the bookshop buys from. Given: use it, do not edit it."""

import asyncio
import time
from decimal import Decimal
from typing import Protocol


class SupplierError(Exception):
    """A supplier cannot tell its price today; no fault of the one who asked."""


class Line(Protocol):
    """What carries a question to a supplier and waits for the answer."""

    async def ask(self, supplier: str, isbn: str) -> Decimal | None:
        """Let others work until the answer is there."""

    def ask_blocking(self, supplier: str, isbn: str) -> Decimal | None:
        """Block the thread until the answer is there."""


class LocalLine:
    """Makes up prices, and takes its time over it, so that the app can be tried by hand.

    The last digit of the ISBN decides: with 0 harbour takes a minute, with 1 mill fails, with 2
    archive takes a minute, with 3 nobody has the book.
    """

    def __init__(self) -> None:
        self.takes = {"harbour": 0.4, "mill": 0.7, "archive": 1.0}

    async def ask(self, supplier: str, isbn: str) -> Decimal | None:
        """Wait for a while, and answer."""
        await asyncio.sleep(self._seconds(supplier, isbn))
        return self._price(supplier, isbn)

    def ask_blocking(self, supplier: str, isbn: str) -> Decimal | None:
        """Do nothing for a while, and answer."""
        time.sleep(self._seconds(supplier, isbn))
        return self._price(supplier, isbn)

    def _seconds(self, supplier: str, isbn: str) -> float:
        is_slow = (supplier, isbn[-1:]) in {("harbour", "0"), ("archive", "2")}
        return 60 if is_slow else self.takes[supplier]

    def _price(self, supplier: str, isbn: str) -> Decimal | None:
        if (supplier, isbn[-1:]) == ("mill", "1"):
            raise SupplierError("mill is closed today")
        if isbn[-1:] == "3":
            return None
        cents = sum(map(ord, supplier + isbn)) * 7 % 3000
        return Decimal(500 + cents).scaleb(-2)


line: Line = LocalLine()
"""The way to the suppliers. The suite puts a line of its own here."""

patience_seconds = 2.0


def patience() -> float:
    """How many seconds a buyer waits for a supplier.

    The shop changes it in the course of a day, so ask for it at each comparison.
    """
    return patience_seconds


async def ask_harbour(isbn: str) -> Decimal | None:
    """Ask harbour what a book costs there; None when it does not have the book."""
    return await line.ask("harbour", isbn)


async def ask_mill(isbn: str) -> Decimal | None:
    """Ask mill what a book costs there; None when it does not have the book."""
    return await line.ask("mill", isbn)


def ask_archive(isbn: str) -> Decimal | None:
    """Ask archive what a book costs there; None when it does not have the book.

    Archive's library is older than asyncio: the thread that calls it does nothing else until the
    answer is there. It knows no time-out either.
    """
    return line.ask_blocking("archive", isbn)
