"""The ledger of what suppliers have asked for. Given: use it, do not edit it."""

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """One comparison: the book, and the price of each supplier that has offered it."""

    isbn: str
    prices: dict[str, Decimal]


class Pen(Protocol):
    """What writes an entry."""

    def write(self, entry: Entry) -> None:
        """Block the thread until the entry is written."""


class LocalPen:
    """Keeps the entries in memory, and takes its time over it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, entry: Entry) -> None:
        """Do nothing for a while, and keep the entry."""
        time.sleep(0.5)
        self.entries.append(entry)


pen: Pen = LocalPen()
"""What the ledger is written with. The suite puts a pen of its own here."""


def write(isbn: str, prices: Mapping[str, Decimal]) -> None:
    """Write down one comparison. Blocks the thread until it is written, which takes a while.

    Args:
        isbn: the book.
        prices: what each supplier asks for, of those that have offered it.
    """
    pen.write(Entry(isbn, dict(prices)))
