"""The stockroom, which is reached through sessions. Given: use it, do not edit it.

What happens to every session is written down in `record`, where the suite reads it.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, Self


@dataclass(frozen=True)
class Book:
    """A book on the shelf."""

    id: int
    title: str
    author: str


@dataclass(frozen=True)
class Order:
    """A customer's order, which the staff has to pack."""

    id: int
    book_id: int
    copies: int


@dataclass(frozen=True)
class Member:
    """A member of the shop's staff."""

    name: str


@dataclass
class Stock:
    """What a stockroom holds.

    Attributes:
        books: in the order of the shelf.
        orders: in the order in which they came.
        members: the staff, by the key of each.
        out_of_order: names of methods of `Session` that fail when they are used.
    """

    books: list[Book] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    out_of_order: set[str] = field(default_factory=set)


class Event(NamedTuple):
    """One thing that happened to a session.

    Attributes:
        session: the session's number.
        what: `opened`, `closed`, or the name of the method that was used.
    """

    session: int
    what: str


class OutOfOrderError(Exception):
    """Something in the stockroom does not work; no fault of the one who asked."""


class SessionClosedError(Exception):
    """A session was used after it was closed."""


record: list[Event] = []
"""What happened to all sessions so far."""

_numbers = count(1)


class Session:
    """A way into the stockroom. Whoever opens one closes it: by `close()`, or by `with`."""

    def __init__(self, stock: Stock) -> None:
        self.number = next(_numbers)
        self._stock = stock
        self._open = True
        record.append(Event(self.number, "opened"))

    def books(self, offset: int, limit: int) -> list[Book]:
        """Leave out the first `offset` books, and give `limit` of the others at the most."""
        self._use("books")
        return self._stock.books[offset : offset + limit]

    def orders(self, offset: int, limit: int) -> list[Order]:
        """Leave out the first `offset` orders, and give `limit` of the others at the most."""
        self._use("orders")
        return self._stock.orders[offset : offset + limit]

    def find_member(self, key: str) -> Member | None:
        """Find the member whose key this is; None when it is nobody's."""
        self._use("find_member")
        return self._stock.members.get(key)

    def remove_book(self, book_id: int) -> bool:
        """Take a book off the shelf; False when there is no such book."""
        self._use("remove_book")
        for book in self._stock.books:
            if book.id == book_id:
                self._stock.books.remove(book)
                return True
        return False

    def close(self) -> None:
        """Close the session; once is enough, twice does no harm."""
        if self._open:
            self._open = False
            record.append(Event(self.number, "closed"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _use(self, what: str) -> None:
        if not self._open:
            raise SessionClosedError(f"session {self.number} was closed already")
        record.append(Event(self.number, what))
        if what in self._stock.out_of_order:
            raise OutOfOrderError(f"{what}() does not work today")


stock = Stock(
    books=[
        Book(11, "The Quiet Harbour", "Ines Okafor"),
        Book(12, "A Lantern in Winter", "Tove Lindqvist"),
    ],
    orders=[Order(501, 12, 3)],
    members={"try-this-key": Member("Edda Brandt")},
)


def open_session() -> Session:
    """Open a session to the shop's own stock."""
    return Session(stock)
