"""The shop's office: the order book, the invoices, the mail and the warehouse.

Given: use it, do not edit it. What happens here is written down in `record`, where the suite
reads it.
"""

from dataclasses import dataclass, replace
from itertools import count
from typing import NamedTuple, Self

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Order:
    """A customer's order; confirmed once the customer has got a mail about it."""

    id: int
    email: str
    isbn: str
    copies: int
    confirmed: bool = False


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        what: as `session opened`, `order stored`, `order confirmed` or `answer sent`.
        number: of the session, the order or the tray; of an answer, its status.
    """

    what: str
    number: int


class SoldOutError(Exception):
    """There are not so many copies of a book."""


class NoSuchOrderError(Exception):
    """No order with this id is stored."""


class SessionClosedError(Exception):
    """A session was used after it was closed."""


class TrayClearedError(Exception):
    """A paper was wanted after its tray was cleared."""


class OutOfOrderError(Exception):
    """Something does not work today; no fault of the one who asked."""


record: list[Event] = []
"""What happened so far, in this order."""

out_of_order: dict[str, str] = {}
"""What does not work today, and why: `commit`, `send_mail` or `pack`."""

_session_numbers = count(1)
_tray_numbers = count(1)


def _must_work(what: str) -> None:
    if what in out_of_order:
        raise OutOfOrderError(f"{what}: {out_of_order[what]}")


class OrderBook:
    """Where the orders are stored. One for the whole shop; work in it through a session.

    Attributes:
        orders: what is stored, by id.
        stock: the copies that can still be ordered, by ISBN.
        ids: where the ids of new orders come from.
        sessions: how many sessions were opened so far.
    """

    def __init__(self, stock: dict[str, int]) -> None:
        self.orders: dict[int, Order] = {}
        self.stock = stock
        self.ids = count(1)
        self.sessions = 0

    def open_session(self) -> "Session":
        """Open a session. Only a few can be open at a time."""
        self.sessions += 1
        return Session(self)


class Session:
    """A way into the order book. Whoever opens one closes it: by `close()`, or by `with`.

    What a session changes is stored by `commit()`, and is lost when it is closed without that.
    """

    def __init__(self, book: OrderBook) -> None:
        self.number = next(_session_numbers)
        self.book = book
        self._changed: dict[int, Order] = {}
        self._reserved: list[Order] = []
        self._open = True
        record.append(Event("session opened", self.number))

    def add(self, email: str, isbn: str, copies: int) -> Order:
        """Add an order, which gets its id here."""
        self._must_be_open()
        order = Order(next(self.book.ids), email, isbn, copies)
        self._changed[order.id] = order
        return order

    def reserve(self, order: Order) -> None:
        """Take the copies of an order out of the stock.

        Raises:
            SoldOutError: there are not so many.
        """
        self._must_be_open()
        if self.book.stock.get(order.isbn, 0) < order.copies:
            raise SoldOutError(f"there are no {order.copies} copies of {order.isbn}")
        self._reserved.append(order)

    def find(self, order_id: int) -> Order | None:
        """Find an order; None when there is none with this id."""
        self._must_be_open()
        return self._changed.get(order_id) or self.book.orders.get(order_id)

    def confirm(self, order_id: int) -> None:
        """Write down that the customer has got the confirmation.

        Raises:
            NoSuchOrderError: no such order is stored.
        """
        order = self.find(order_id)
        if order is None:
            raise NoSuchOrderError(f"there is no order {order_id} in the book")
        self._changed[order_id] = replace(order, confirmed=True)

    def commit(self) -> None:
        """Store what was changed in this session."""
        self._must_be_open()
        _must_work("commit")
        for order in self._changed.values():
            is_new = order.id not in self.book.orders
            self.book.orders[order.id] = order
            record.append(Event("order stored" if is_new else "order confirmed", order.id))
        for order in self._reserved:
            self.book.stock[order.isbn] -= order.copies
        self._changed, self._reserved = {}, []

    def close(self) -> None:
        """Close the session; once is enough, twice does no harm."""
        if self._open:
            self._open = False
            record.append(Event("session closed", self.number))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _must_be_open(self) -> None:
        if not self._open:
            raise SessionClosedError(f"session {self.number} was closed already")


class Tray:
    """Where the printer puts papers. Whoever opens one clears it: by `clear()`, or by `with`."""

    def __init__(self) -> None:
        self.number = next(_tray_numbers)
        self.is_clear = False
        record.append(Event("tray opened", self.number))

    def print_invoice(self, order: Order) -> "Paper":
        """Print the invoice of an order into this tray."""
        paper = Paper(self, order)
        paper.must_be_there()
        record.append(Event("invoice printed", order.id))
        return paper

    def clear(self) -> None:
        """Throw away what is in the tray; once is enough, twice does no harm."""
        if not self.is_clear:
            self.is_clear = True
            record.append(Event("tray cleared", self.number))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()


@dataclass(frozen=True)
class Paper:
    """A printed invoice. It lies in its tray until this is cleared."""

    tray: Tray
    order: Order

    def must_be_there(self) -> None:
        """Check that the paper still lies in its tray.

        Raises:
            TrayClearedError: it does not.
        """
        if self.tray.is_clear:
            raise TrayClearedError(f"tray {self.tray.number} was cleared already")


class Mail(NamedTuple):
    """A mail that was sent, and the order whose invoice was in it."""

    to: str
    order_id: int


outbox: list[Mail] = []
"""The mails that were sent."""

parcels: list[int] = []
"""The ids of the orders that were packed."""


def open_tray() -> Tray:
    """Open a tray of one's own."""
    return Tray()


def send_mail(to: str, paper: Paper) -> None:
    """Send a mail with an invoice in it. Waits for the mail server, which takes its time."""
    paper.must_be_there()
    _must_work("send_mail")
    outbox.append(Mail(to, paper.order.id))
    record.append(Event("mail sent", paper.order.id))


def pack(paper: Paper) -> None:
    """Have the warehouse pack an order, with a copy of its invoice in the parcel."""
    paper.must_be_there()
    _must_work("pack")
    parcels.append(paper.order.id)
    record.append(Event("order packed", paper.order.id))


class AnswerRecorder:
    """Middleware that writes into the record when an answer was sent to its end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, unchanged and at once."""
        status = 0

        async def send_and_record(message: Message) -> None:
            nonlocal status
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                record.append(Event("answer sent", status))

        await self.app(scope, receive, send_and_record)


book = OrderBook(stock={"9780140328721": 40, "9780261103344": 3})
"""The shop's own order book."""
