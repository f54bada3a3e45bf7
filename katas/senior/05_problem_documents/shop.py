"""The shop: its books, its orders, and what it refuses. It knows nothing of HTTP.

Given: use it, do not edit it.
"""

from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple, Self


class ShopError(Exception):
    """The shop refuses something. The text of the exception is for colleagues, not for clients."""


class NoSuchBookError(ShopError):
    """No book has this ISBN."""

    def __init__(self, isbn: str) -> None:
        super().__init__(f"{isbn} is on none of our shelves")
        self.isbn = isbn


class NoSuchOrderError(ShopError):
    """No order has this id."""

    def __init__(self, order_id: int) -> None:
        super().__init__(f"order {order_id} is not in the order book")
        self.order_id = order_id


class SoldOutError(ShopError):
    """There are not so many copies of a book.

    Attributes:
        isbn: of the book.
        left: how many copies there are.
    """

    def __init__(self, isbn: str, left: int) -> None:
        super().__init__(f"the shelf of {isbn} is down to {left}")
        self.isbn = isbn
        self.left = left


class CardDeclinedError(ShopError):
    """The bank does not accept a card.

    Attributes:
        order_id: of the order that should be paid.
        reason: what the bank says about it. It does not want the customer to read that.
    """

    def __init__(self, order_id: int, reason: str) -> None:
        super().__init__(f"the bank on order {order_id}: {reason}")
        self.order_id = order_id
        self.reason = reason


class ClosedError(ShopError):
    """The shop is closed for a while.

    Attributes:
        seconds: until it opens again.
        reason: why, among ourselves.
    """

    def __init__(self, seconds: int, reason: str) -> None:
        super().__init__(f"closed for {seconds} s: {reason}")
        self.seconds = seconds
        self.reason = reason


@dataclass(frozen=True)
class Book:
    """A book on the shelf."""

    isbn: str
    title: str
    copies: int


@dataclass(frozen=True)
class Order:
    """What a customer has ordered."""

    id: int
    isbn: str
    copies: int
    paid: bool = False


class Entry(NamedTuple):
    """How a session ended.

    Attributes:
        outcome: `stored` or `dropped`.
        because: the error that was the reason for dropping; None when all was stored.
    """

    outcome: str
    because: BaseException | None


shelf: dict[str, Book] = {
    book.isbn: book
    for book in (
        Book("9780140328721", "Fantastic Mr Fox", 40),
        Book("9780261103344", "The Hobbit", 3),
    )
}
"""The books, by ISBN."""

orders: dict[int, Order] = {}
"""The orders that are stored, by id."""

journal: list[Entry] = []
"""How the sessions ended, in this order. The staff look here when an order is missing."""

trouble: dict[str, Exception] = {}
"""What goes wrong today: the exception that is raised in the function of this name.

The names are `find_book`, `open_session`, `add`, `take`, `find`, `charge` and `store`.
"""

ids = count(1)


def _may_go_wrong(what: str) -> None:
    if what in trouble:
        raise trouble[what]


def find_book(isbn: str) -> Book:
    """Find a book. It needs no session.

    Raises:
        NoSuchBookError: there is none with this ISBN.
        ClosedError: the shop is closed.
    """
    _may_go_wrong("find_book")
    if isbn not in shelf:
        raise NoSuchBookError(isbn)
    return shelf[isbn]


def charge(card_number: str, order: Order) -> None:
    """Have the bank take the money for an order from a card.

    Raises:
        CardDeclinedError: the bank refuses.
    """
    _may_go_wrong("charge")


class Session:
    """What one request does to the order book: it is stored as a whole, or not at all.

    A session ends with `store()` or with `drop(error)`. As a context manager it does by itself
    what is right: it drops what was done when an error comes out of the `with` block, and stores
    it otherwise.
    """

    def __init__(self) -> None:
        self._changed: dict[int, Order] = {}
        self._taken: list[Order] = []
        self._ended = False

    def add(self, isbn: str, copies: int) -> Order:
        """Add an order, for which no copies are taken yet."""
        _may_go_wrong("add")
        order = Order(next(ids), isbn, copies)
        self._changed[order.id] = order
        return order

    def take(self, order: Order) -> None:
        """Take the copies of an order off the shelf.

        Raises:
            NoSuchBookError: there is no such book.
            SoldOutError: there are not so many copies of it.
        """
        _may_go_wrong("take")
        book = find_book(order.isbn)
        if book.copies < order.copies:
            raise SoldOutError(book.isbn, book.copies)
        self._taken.append(order)

    def find(self, order_id: int) -> Order:
        """Find an order.

        Raises:
            NoSuchOrderError: there is none with this id.
        """
        _may_go_wrong("find")
        order = self._changed.get(order_id) or orders.get(order_id)
        if order is None:
            raise NoSuchOrderError(order_id)
        return order

    def all_orders(self) -> list[Order]:
        """Give all the orders, in the order of their ids."""
        return list((orders | self._changed).values())

    def pay(self, order_id: int, card_number: str) -> Order:
        """Mark an order as paid, and have the bank take the money.

        Raises:
            NoSuchOrderError: there is no order with this id.
            CardDeclinedError: the bank does not accept the card.
        """
        order = replace(self.find(order_id), paid=True)
        self._changed[order_id] = order
        charge(card_number, order)
        return order

    def store(self) -> None:
        """Store what was done. When this fails, nothing is stored, and the session is dropped.

        Raises:
            SoldOutError: another customer was faster.
        """
        if self._ended:
            return
        try:
            _may_go_wrong("store")
        except Exception as error:
            self.drop(error)
            raise
        orders.update(self._changed)
        for order in self._taken:
            book = shelf[order.isbn]
            shelf[order.isbn] = replace(book, copies=book.copies - order.copies)
        self._end("stored", None)

    def drop(self, because: BaseException) -> None:
        """Forget what was done, and write into the journal why. Twice does no harm."""
        if not self._ended:
            self._end("dropped", because)

    def _end(self, outcome: str, because: BaseException | None) -> None:
        self._ended = True
        journal.append(Entry(outcome, because))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            self.store()
        else:
            self.drop(error)


def open_session() -> Session:
    """Open a session.

    Raises:
        ClosedError: the shop is closed.
    """
    _may_go_wrong("open_session")
    return Session()
