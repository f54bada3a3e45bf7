"""How would you design a highly scalable FastAPI application for a microservices architecture?"""

import asyncio
import functools
import json
import os
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoResult
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from types import ModuleType
from typing import Any, NamedTuple, cast
from uuid import uuid4

import aio_pika
import httpx2
import pytest
from aiormq.exceptions import AMQPConnectionError, ChannelNotFoundEntity
from faststream.rabbit.helpers.declarer import RabbitDeclarerImpl
from faststream.rabbit.publisher.producer import AioPikaFastProducerImpl

from checker.harness.client import AppTransport
from checker.harness.server import AppDidNotStart, AppServer
from checker.suite import Client, Given, MakeClient, Values
from checker.suite.database import Database

PATIENCE = 3.0
"""How many seconds something may take that should happen; a right answer needs far fewer."""
IN_VAIN = 0.3
"""How many seconds something waits that a right answer need not let go on."""

STOCK_TIMEOUT = 0.12
STOCK_PAUSE = 0.015

FAIL_AT_TIMES = """
    CREATE SEQUENCE public.tries;
    CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('public.tries') <= TG_ARGV[0]::int THEN
            RAISE EXCEPTION 'could not serialize access: try again' USING ERRCODE = '40001';
        END IF;
        RETURN NEW;
    END $$;
"""
TRIES = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.tries"
REFUSE = """
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'this is refused'; END $$;
"""
REFUSE_TO_COMMIT = """
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON orders.orders
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.refuse();
"""
WAITING_FOR_LOCKS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = current_user AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""
IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = current_user AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


class Letter(NamedTuple):
    """A message as it was found in a queue."""

    body: bytes
    message_id: str | None
    request_id: str | None
    routing_key: str | None
    is_persistent: bool


class Bus:
    """RabbitMQ, the suite's own way to it, and what the apps do there.

    Attributes:
        away: whether the apps cannot reach it.
        refused: how often an app tried in vain.
        attempts: how many messages the apps tried to publish.
        fail_after: after how many more messages it goes away; None for never.
        hold: called before each message is published.
        connections: how many connections the apps have opened and not closed.
    """

    def __init__(self, prefix: str, connect: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self.prefix = prefix
        self.away = False
        self.refused = 0
        self.attempts = 0
        self.fail_after: int | None = None
        self.hold: Hold | None = None
        self.declared: set[str] = set()
        self.letters: dict[str, list[Letter]] = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="suite's bus", daemon=True).start()
        self._call(self._set_up(connect))

    def _call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _set_up(self, connect: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self._connection = await connect()
        self._channel = await self._connection.channel()
        self._events = await self._channel.declare_exchange(
            f"{self.prefix}bookshop.events", "topic", durable=True
        )
        arguments = {"x-queue-type": "classic"}
        self._queues = {
            name: await self._channel.declare_queue(
                f"{self.prefix}{name}", durable=True, arguments=arguments
            )
            for name in ("suite.all", "stock.dead")
        }
        await self._queues["suite.all"].bind(self._events, routing_key="#")

    def close(self) -> None:
        """Leave nothing behind."""
        self._call(self._tear_down())
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _tear_down(self) -> None:
        for queue in self._queues.values():
            await queue.delete(if_unused=False, if_empty=False)
        for name in self.declared | {f"{self.prefix}stock.orders"}:
            if name.startswith(self.prefix):
                with suppress(ChannelNotFoundEntity):
                    channel = await self._connection.channel()
                    queue = await channel.declare_queue(name, passive=True)
                    await queue.delete(if_unused=False, if_empty=False)
        await self._events.delete()
        await self._connection.close()

    def send(self, body: bytes, event_id: str = "", request_id: str = "") -> None:
        """Publish a message about a placed order, as the orders service should."""
        message = aio_pika.Message(
            body,
            content_type="application/json",
            message_id=event_id or None,
            correlation_id=request_id or None,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        self._call(self._events.publish(message, routing_key="order.placed"))

    def published(self) -> list[Letter]:
        """What was published to the exchange so far, the suite's own messages included."""
        return self._found("suite.all")

    def dead(self) -> list[Letter]:
        """What ended in the dead letters so far."""
        return self._found("stock.dead")

    def wait_for_dead(self, count: int) -> list[Letter]:
        """What ended in the dead letters, waiting a while for so many."""
        wait_until(lambda: len(self.dead()) >= count, 1.5)
        return self.dead()

    def _found(self, name: str) -> list[Letter]:
        found = self.letters.setdefault(name, [])
        found += self._call(self._take(name))
        return found

    async def _take(self, name: str) -> list[Letter]:
        taken = []
        while (message := await self._queues[name].get(no_ack=True, fail=False)) is not None:
            persistent = message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
            taken.append(
                Letter(
                    message.body,
                    message.message_id,
                    message.correlation_id,
                    message.routing_key,
                    persistent,
                )
            )
        return taken

    def left(self) -> int | None:
        """How many messages wait in the stock service's queue; None when it has no queue."""
        count: int | None = self._call(self._count(f"{self.prefix}stock.orders"))
        return count

    async def _count(self, name: str) -> int | None:
        channel = await self._connection.channel()
        try:
            queue = await channel.declare_queue(name, passive=True)
        except ChannelNotFoundEntity:
            return None
        await channel.close()
        count: int = queue.declaration_result.message_count
        return count

    def check_there(self) -> None:
        """Fail as a RabbitMQ that is away fails, if it is."""
        if self.away:
            self.refused += 1
            raise AMQPConnectionError("RabbitMQ is away")

    async def before_publishing(self) -> None:
        """Count a message of an app, and hold it up or refuse it."""
        self.attempts += 1
        if self.fail_after is not None:
            self.away = self.fail_after <= 0
            self.fail_after -= 1
        if self.hold is not None:
            await self.hold.wait()
        self.check_there()


class Hold:
    """Holds up whoever comes first, until the test lets him go on."""

    def __init__(self) -> None:
        self.arrived = 0
        self._free = threading.Event()

    async def wait(self) -> None:
        """Wait, if nobody has waited before."""
        self.arrived += 1
        if self.arrived == 1:
            for _ in looks(PATIENCE):
                if self._free.is_set():
                    return
                await asyncio.sleep(0.005)

    def release(self) -> None:
        """Let him go on."""
        self._free.set()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, values: Values) -> None:
    """The settings of this test, but for the addresses."""
    monkeypatch.setenv("BUS_PREFIX", f"kata.{uuid4().hex}.")
    monkeypatch.setenv("STOCK_TIMEOUT", "5")
    monkeypatch.setenv("STOCK_PAUSE", str(STOCK_PAUSE))
    monkeypatch.setenv("STOCK_ATTEMPTS", str(values.integer(3, 4)))
    monkeypatch.setenv("HANDLING_ATTEMPTS", str(values.integer(3, 4)))
    monkeypatch.setenv("RELAY_SECONDS", "3600")


@pytest.fixture(scope="module", autouse=True)
def certificates() -> Iterator[None]:
    """Read the certificates that HTTPX trusts once, and not for each client; none is used here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True)
def bus(
    environment: None, warehouse: "Warehouse", given: Given, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bus]:
    """RabbitMQ: the real one when RABBITMQ_URL is set, or else one in memory."""
    url = os.environ.get("RABBITMQ_URL")
    connect_robust = aio_pika.connect_robust if url else given("rabbit").Rabbit().connect

    async def connect_suite() -> Any:
        return await (aio_pika.connect(url) if url else connect_robust())

    bus = Bus(os.environ["BUS_PREFIX"], connect_suite)
    publish = AioPikaFastProducerImpl.publish
    declare_queue = RabbitDeclarerImpl.declare_queue

    async def connect(*args: Any, **kwargs: Any) -> Any:
        bus.check_there()
        return await connect_robust(*args, **kwargs)

    async def publish_through(producer: Any, command: Any) -> Any:
        await bus.before_publishing()
        return await publish(producer, command)

    async def declare(declarer: Any, queue: Any, *args: Any, **kwargs: Any) -> Any:
        bus.declared.add(queue.name)
        return await declare_queue(declarer, queue, *args, **kwargs)

    monkeypatch.setattr("faststream.rabbit.broker.broker.connect_robust", connect)
    monkeypatch.setattr(AioPikaFastProducerImpl, "publish", publish_through)
    monkeypatch.setattr(RabbitDeclarerImpl, "declare_queue", declare)
    yield bus
    bus.close()


class Call(NamedTuple):
    """A call of the stock service."""

    path: str
    request_id: str | None
    when: float


class Warehouse(ThreadingHTTPServer):
    """Stands where the stock service is, for tests of the orders service.

    Attributes:
        prices: of the books that it knows.
        calls: each call.
        moods: how it behaves, one item a call; it answers well when none is left.
        lived_through: the moods that nobody has cut off.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Attendant)
        self.prices: dict[str, str] = {}
        self.calls: list[Call] = []
        self.moods: list[str] = []
        self.lived_through: list[str] = []
        self.hold: threading.Event | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a caller has gone."""


class Attendant(BaseHTTPRequestHandler):
    """Answers one call."""

    def do_GET(self) -> None:
        """Answer as the mood is."""
        place = cast("Warehouse", self.server)
        place.calls.append(Call(self.path, self.headers.get("X-Request-ID"), time.monotonic()))
        mood = place.moods.pop(0) if place.moods else "well"
        if place.hold is not None:
            place.hold.wait(PATIENCE)
        if mood == "hangs up":
            return
        if mood == "says nothing" and not self._silent_to_the_end():
            return
        if mood.isdigit():
            self._answer(int(mood), b'{"detail": "not now"}')
            return
        isbn = self.path.removeprefix("/books/")
        price = place.prices.get(isbn)
        if price is None:
            self._answer(404, b'{"detail": "no such book"}')
            return
        book = {"isbn": isbn, "price": price, "copies": 9, "promised": 0}
        self._answer(200, json.dumps(book).encode(), slowly=mood == "speaks slowly")
        if mood != "well":
            place.lived_through.append(mood)

    def _silent_to_the_end(self) -> bool:
        """Wait for the caller to hang up; whether he did not."""
        self.connection.settimeout(4 * STOCK_TIMEOUT)
        try:
            return bool(self.connection.recv(1))
        except TimeoutError:
            return True
        except OSError:
            return False

    def _answer(self, status: int, body: bytes, *, slowly: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        parts = 20 if slowly else 1
        size = len(body) // parts + 1
        for start in range(0, len(body), size):
            if slowly:
                # Often enough that no single read has to wait long.
                time.sleep(4 * STOCK_TIMEOUT / parts)
            self.wfile.write(body[start : start + size])
            self.wfile.flush()

    def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - its name elsewhere
        """Write nothing."""


@pytest.fixture(autouse=True)
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """What the orders service finds at STOCK_URL."""
    server = Warehouse()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("STOCK_URL", f"http://127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    server.server_close()


class Shop:
    """Both services' tables, and what the suite looks up and puts in there."""

    def __init__(self, database: Database, warehouse: Warehouse, values: Values) -> None:
        self.database = database
        self.values = values
        self.isbns = [values.isbn() for _ in range(4)]
        for isbn in self.isbns:
            price = values.price()
            warehouse.prices[isbn] = price
            database.run(
                "INSERT INTO stock.books (isbn, price, copies) VALUES (%s, %s, %s)",
                isbn,
                price,
                values.integer(50, 90),
            )
        first = values.integer(100, 9000)
        database.run(f"ALTER TABLE orders.orders ALTER COLUMN id RESTART WITH {first}")

    def new_order(self) -> dict[str, Any]:
        """An order that can be placed, as a client sends it."""
        return {"isbn": self.values.choice(self.isbns), "copies": self.values.integer(1, 9)}

    def stored(self) -> list[dict[str, Any]]:
        """Every order in the database."""
        return self.database.rows("SELECT * FROM orders.orders ORDER BY id")

    def outbox(self) -> list[dict[str, Any]]:
        """Every event in the outbox."""
        return self.database.rows("SELECT * FROM orders.outbox ORDER BY id")

    def waiting(self) -> int:
        """How many events wait to be published."""
        count: int = self.database.value(
            "SELECT count(*) FROM orders.outbox WHERE published_at IS NULL"
        )
        return count

    def put_in_event(self) -> str:
        """Put an event into the outbox without the app, and return its id."""
        event = self.event()
        self.database.run(
            "INSERT INTO orders.outbox (event_id, body, request_id) VALUES (%s, %s, %s)",
            event["event_id"],
            json.dumps(event),
            self.values.token(),
        )
        event_id: str = event["event_id"]
        return event_id

    def event(self, isbn: str | None = None) -> dict[str, Any]:
        """An event, as the orders service publishes it."""
        order = self.new_order() | ({"isbn": isbn} if isbn else {})
        return {"event_id": str(uuid4()), "order_id": self.values.integer(1, 9999), **order}

    def promised(self, isbn: str) -> int:
        """How many copies of a book are promised."""
        count: int = self.database.value("SELECT promised FROM stock.books WHERE isbn = %s", isbn)
        return count

    def handled(self) -> dict[str, str]:
        """The request id of each event that the stock service has handled."""
        rows = self.database.rows("SELECT event_id, request_id FROM stock.handled")
        return {str(row["event_id"]): row["request_id"] for row in rows}


@pytest.fixture
def shop(database: Database, warehouse: Warehouse, values: Values) -> Shop:
    """The shop's tables with some books in them, which the warehouse knows, too."""
    return Shop(database, warehouse, values)


class Stock:
    """The stock service, which can be started and stopped."""

    def __init__(self, client: Client, given: Given, bus: Bus, shop: Shop) -> None:
        self._orders = transport_of(client)
        self._given = given
        self._bus = bus
        self._shop = shop
        self._server: AppServer | None = None

    def start(self) -> Client:
        """Start it afresh; it listens when this returns."""
        sys.modules.pop("kata.stock", None)
        self._server = AppServer(self._given("stock").app)
        self._server.start()
        orders = self._orders
        transport = AppTransport(self._server, orders.folder, orders.not_mine, orders.exchanges)
        listens = self._bus.left() is not None
        assert listens, (
            "The stock service is up, and there is no queue `bus.STOCK_QUEUE` at RabbitMQ. Is "
            "there a subscriber, and is the broker started by the lifespan?"
        )
        return Client(transport)

    def stop(self) -> None:
        """Stop it, as a server does."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def send(self, event: dict[str, Any], request_id: str = "") -> None:
        """Publish an event."""
        self._bus.send(json.dumps(event).encode(), event["event_id"], request_id)

    def check_goes_on(self, after: str) -> None:
        """Check that a further event is handled, and so what came before is dealt with."""
        event = self._shop.event()
        before = self._shop.promised(event["isbn"])
        self.send(event)
        wait_until(lambda: event["event_id"] in self._shop.handled())
        goes_on = self._shop.promised(event["isbn"]) > before
        assert goes_on, (
            f"{after}, and then a good event came. It was never handled: its copies are not "
            "promised, or its id is not in `stock.handled`."
        )

    def check_nothing_is_left(self, after: str) -> None:
        """Stop, and check that every message was acknowledged or rejected."""
        self.stop()
        is_empty = wait_until(lambda: self._bus.left() == 0, IN_VAIN)
        if not is_empty:
            # RabbitMQ may lose an acknowledgement that comes just before the end of its channel.
            self.start()
            wait_until(lambda: False, IN_VAIN)
            self.stop()
            is_empty = wait_until(lambda: self._bus.left() == 0, IN_VAIN)
        assert is_empty, (
            f"{after}. The stock service is stopped now, and RabbitMQ still has messages "
            "for it, which come again when it starts: they were never acknowledged."
        )


@pytest.fixture
def stock(client: Client, given: Given, bus: Bus, shop: Shop) -> Iterator[Stock]:
    """The stock service, which a test starts."""
    service = Stock(client, given, bus, shop)
    yield service
    service.stop()


def looks(seconds: float) -> Iterator[None]:
    """Look again and again, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def wait_until(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Look until something holds; whether it does."""
    for _ in looks(seconds):
        if holds():
            return True
        time.sleep(0.004)
    return bool(holds())


def transport_of(client: Client) -> AppTransport:
    """What carries requests to an app of this process."""
    transport: Any = client._transport
    found: AppTransport = transport
    return found


def start_relay(client: Client, module: ModuleType) -> Future[Any]:
    """Call the `relay` of an app, on the event loop of this app."""
    relay: Any = getattr(module, "relay", None)
    is_there = asyncio.iscoroutinefunction(relay)
    assert is_there, "app.py has no function `async def relay()`, which publishes what waits."
    server = transport_of(client).server
    return asyncio.run_coroutine_threadsafe(relay(), server._loop)


def run_relay(client: Client, module: ModuleType) -> None:
    """Call `relay` and wait for its end."""
    try:
        start_relay(client, module).result(PATIENCE)
    except NoResult:
        raise AssertionError(f"`relay()` did not return within {PATIENCE} seconds.") from None


def run_relay_in_vain(client: Client, module: ModuleType) -> None:
    """Call `relay` while RabbitMQ is away; it may raise."""
    with suppress(Exception):
        start_relay(client, module).result(PATIENCE)


def post(client: Client, order: dict[str, Any], **headers: str) -> Future[httpx2.Response]:
    """Send an order from a thread of its own."""
    answer: Future[httpx2.Response] = Future()

    def send() -> None:
        try:
            answer.set_result(client.post("/orders", json=order, headers=headers))
        except BaseException as error:
            answer.set_exception(error)

    threading.Thread(target=send, daemon=True).start()
    return answer


def place(client: Client, order: dict[str, Any], **headers: str) -> Any:
    """Place an order that can be placed, and give the answer."""
    answer = client.post("/orders", json=order, headers=headers)
    assert answer.status_code == 201
    return answer


def event_ids(letters: list[Letter]) -> list[str]:
    """The ids of the events in some messages."""
    found = []
    for letter in letters:
        try:
            found.append(str(json.loads(letter.body)["event_id"]))
        except (ValueError, KeyError, TypeError):
            raise AssertionError(
                f"A message was published whose body is no JSON object with an `event_id`: "
                f"{letter.body[:120]!r}"
            ) from None
    return found


def test_an_order_is_placed(
    client: Client, shop: Shop, warehouse: Warehouse, values: Values
) -> None:
    """POST /orders asks stock for the price and answers 201, or 409 when stock has no such book."""
    for _ in range(2):
        new = shop.new_order()
        answer = client.post("/orders", json=new)
        assert answer.status_code == 201
        asked = [call.path for call in warehouse.calls]
        assert asked == [f"/books/{new['isbn']}"], (
            "POST /orders should ask the stock service once, with GET /books/{isbn}."
        )
        warehouse.calls.clear()
        expected = {"id": shop.stored()[-1]["id"], **new, "price": warehouse.prices[new["isbn"]]}
        assert answer.json() == expected
        assert client.get(f"/orders/{answer.json()['id']}").json() == expected
        assert client.get(f"/orders/{answer.json()['id'] + 1}").status_code == 404
    stored = shop.stored()
    answer = client.post("/orders", json={"isbn": values.isbn(), "copies": 1})
    assert answer.status_code == 409
    calls = len(warehouse.calls)
    assert calls == 1, (
        f"The stock service said 404, and was asked {calls} times. The book will not be there a "
        "moment later: only what may pass is worth another attempt."
    )
    for wrong in ({"isbn": values.word()}, {"copies": 0}, {"copies": 1000}):
        answer = client.post("/orders", json=shop.new_order() | wrong)
        assert answer.status_code == 422
    assert shop.stored() == stored, "An order was refused, and stored all the same."


def test_what_fails_is_tried_again_but_not_for_ever(
    client: Client, shop: Shop, warehouse: Warehouse, values: Values
) -> None:
    """A call that fails is tried again after a pause, STOCK_ATTEMPTS times in all, then 503."""
    most = int(os.environ["STOCK_ATTEMPTS"])
    failures = [str(values.integer(500, 504)), "hangs up", "503"][: most - 1]
    warehouse.moods = list(failures)
    answer = client.post("/orders", json=shop.new_order())
    assert answer.status_code == 201, (
        f"The stock service failed {len(failures)} times ({', '.join(failures)}), and would have "
        f"answered the next time; STOCK_ATTEMPTS is {most}. POST /orders answered "
        f"{answer.status_code}; expected 201."
    )
    pauses = [later.when - earlier.when for earlier, later in pairwise(warehouse.calls)]
    shortest = min(pauses, default=0)
    has_paused = shortest >= STOCK_PAUSE * 0.9
    assert has_paused, (
        f"The stock service failed, and was called again {shortest:.3f} seconds later; "
        f"STOCK_PAUSE is {STOCK_PAUSE}. Who is overloaded does not recover while all call at once."
    )
    stored = shop.stored()
    warehouse.calls.clear()
    warehouse.moods = ["503"] * 20
    answer = client.post("/orders", json=shop.new_order())
    assert answer.status_code == 503
    calls = len(warehouse.calls)
    assert calls == most, (
        f"The stock service failed each time, and was called {calls} times for one order; "
        f"STOCK_ATTEMPTS is {most}."
    )
    assert shop.stored() == stored, "An order was answered with 503, and stored all the same."


def check_nothing_is_held(
    client: Client, shop: Shop, warehouse: Warehouse, database: Database
) -> None:
    """Check that while the stock service is asked no transaction is open, and others go on."""
    new = shop.new_order()
    warehouse.hold = hold = threading.Event()
    try:
        posted = post(client, new)
        called = wait_until(lambda: warehouse.calls or posted.done())
        assert called, "POST /orders did not call the stock service."
        was_called = bool(warehouse.calls)
        assert was_called, "POST /orders answered, and did not call the stock service."
        nothing_held = wait_until(lambda: not database.value(IN_TRANSACTION), IN_VAIN)
        assert nothing_held, (
            "POST /orders waits for the stock service and holds a transaction open meanwhile. "
            "When stock is slow, all connections are soon taken: ask first, write then."
        )
        asked = threading.Event()
        other: list[int] = []

        def read() -> None:
            other.append(int(client.get("/orders/1").status_code))
            asked.set()

        threading.Thread(target=read, daemon=True).start()
        was_served = asked.wait(IN_VAIN * 3)
        assert was_served, (
            "While POST /orders waited for the stock service, GET /orders/1 had no answer. A "
            "blocking call in an `async def` stops everybody."
        )
    finally:
        hold.set()
    posted.result(PATIENCE)
    warehouse.hold = None


def test_a_slow_stock_service_holds_nothing_up(
    client: Client,
    shop: Shop,
    warehouse: Warehouse,
    database: Database,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call ends after STOCK_TIMEOUT, however slow stock is, and no transaction waits for it."""
    check_nothing_is_held(client, shop, warehouse, database)
    monkeypatch.setenv("STOCK_TIMEOUT", str(STOCK_TIMEOUT))
    impatient = make_client()
    for mood in ("says nothing", "speaks slowly"):
        warehouse.calls.clear()
        warehouse.moods = [mood]
        answer = impatient.post("/orders", json=shop.new_order())
        assert answer.status_code == 201
        advice = (
            "its answer came in small parts, each of them in time. Is the time-out for the whole "
            "call, or for each step of it?"
            if mood == "speaks slowly"
            else "the orders service waited for it as long as it liked."
        )
        was_cut_off = len(warehouse.calls) >= 2
        assert was_cut_off, (
            f"The stock service took {4 * STOCK_TIMEOUT:.2f} seconds for an answer; STOCK_TIMEOUT "
            f"is {STOCK_TIMEOUT}. It was called only once: the call was not cut off, and there was "
            f"no second one. Here {advice}"
        )


def test_order_and_event_are_written_together(
    client: Client, shop: Shop, bus: Bus, database: Database
) -> None:
    """An order and its event are written in one transaction: both or neither."""
    bus.away = True
    answer = place(client, shop.new_order())
    events = shop.outbox()
    bodies = [event["body"] for event in events]
    order = {key: answer.json()[key] for key in ("isbn", "copies")}
    expected = [
        {"event_id": str(event["event_id"]), "order_id": answer.json()["id"], **order}
        for event in events
    ] or [{"event_id": "…", "order_id": answer.json()["id"], **order}]
    assert bodies == expected, "An order is placed, and `orders.outbox` should have its event."
    stored = shop.stored()
    with database.locked("LOCK TABLE orders.outbox IN SHARE MODE"):
        posted = post(client, shop.new_order())
        wait_until(lambda: database.value(WAITING_FOR_LOCKS) or posted.done())
        seen = shop.stored()
    assert posted.result(PATIENCE).status_code == 201
    assert seen == stored, (
        "While the event waited to be written, others saw the order already. When the process "
        "ends at this moment, there is an order of which nobody hears."
    )
    there = shop.stored(), shop.outbox()
    database.run(REFUSE)
    database.run(
        "CREATE TRIGGER refuse BEFORE INSERT ON orders.outbox"
        " FOR EACH ROW EXECUTE FUNCTION public.refuse()"
    )
    answer = client.post("/orders", json=shop.new_order())
    is_error = answer.is_server_error
    assert is_error, (
        f"The event could not be written, and POST /orders answered {answer.status_code}; "
        "expected a 5xx."
    )
    assert shop.stored() == there[0], (
        "The event of an order could not be written, and the order is stored all the same."
    )


def test_nothing_is_published_that_is_not_committed(
    client: Client, shop: Shop, bus: Bus, database: Database, module: ModuleType
) -> None:
    """When the database refuses to commit, the answer is a 5xx and no event is published."""
    place(client, shop.new_order())
    run_relay(client, module)
    there = shop.stored()
    attempts = bus.attempts
    database.run(REFUSE + REFUSE_TO_COMMIT)
    answer = client.post("/orders", json=shop.new_order())
    tried = bus.attempts - attempts
    assert tried == 0, (
        "The database refused to commit an order, and its event had been published by then: the "
        "stock service hears of an order that does not exist. Publish only what is committed."
    )
    is_error = answer.is_server_error
    assert is_error, (
        "The database refused to commit an order. POST /orders answered "
        f"{answer.status_code}; expected a 5xx."
    )
    run_relay(client, module)
    assert bus.attempts == attempts, "The order was not committed, and `relay()` published it."
    assert shop.stored() == there


def test_events_are_published(
    client: Client, shop: Shop, bus: Bus, module: ModuleType, values: Values
) -> None:
    """relay() publishes each waiting event once, oldest first, persistent, with its id."""
    orders = [place(client, shop.new_order()).json() for _ in range(values.integer(2, 3))]
    # A changed row lies behind the others now, and whoever does not sort finds it last.
    oldest = shop.outbox()[0]["id"]
    shop.database.run("UPDATE orders.outbox SET body = body WHERE id = %s", oldest)
    run_relay(client, module)
    run_relay(client, module)
    letters = bus.published()
    ids = event_ids(letters)
    bodies = [json.loads(letter.body) for letter in letters]
    assert bodies == [
        {"event_id": ids[number] if number < len(ids) else "…", "order_id": order["id"]}
        | {key: order[key] for key in ("isbn", "copies")}
        for number, order in enumerate(orders)
    ], f"{len(orders)} orders were placed, and `relay()` was called twice."
    for letter, event_id in zip(letters, ids, strict=True):
        assert letter.routing_key == "order.placed"
        assert letter.message_id == event_id, (
            "Whoever listens tells by the message id whether a message came before: it should be "
            f"the event's id, {event_id}. It is {letter.message_id}."
        )
        is_persistent = letter.is_persistent
        assert is_persistent, (
            "The message is not persistent: RabbitMQ loses it when it restarts, and the outbox "
            "says that it was published."
        )
    left = shop.waiting()
    assert left == 0, f"All events were published, and {left} still wait in the outbox."


def test_the_request_id_goes_along(
    client: Client, shop: Shop, bus: Bus, module: ModuleType, warehouse: Warehouse, values: Values
) -> None:
    """The id of a request goes with the call of the stock service and with the event."""
    brought = [values.token(), None, values.token(), None]
    told = []
    for request_id in brought:
        headers = {} if request_id is None else {"X-Request-ID": request_id}
        answer = place(client, shop.new_order(), **headers)
        told.append(answer.headers.get("X-Request-ID"))
    for request_id, answered in zip(brought, told, strict=True):
        if request_id is None:
            assert answered, "A request brought no X-Request-ID, and the answer names none either."
        else:
            assert answered == request_id, (
                f"A request brought the X-Request-ID {request_id}; the answer says {answered}."
            )
    differ = len(set(told)) == len(told)
    assert differ, f"Different requests should have different ids. They have {told}."
    with_call = [call.request_id for call in warehouse.calls]
    assert with_call == told, "The stock service should get each request's id as X-Request-ID."
    run_relay(client, module)
    with_event = [letter.request_id for letter in bus.published()]
    assert with_event == told, (
        "Each message should have the id of the request that placed the order as its "
        "correlation id, also when it is published later, and by another request or none."
    )


def test_orders_are_placed_while_rabbitmq_is_away(
    client: Client, shop: Shop, bus: Bus, make_client: MakeClient, given: Given
) -> None:
    """Without RabbitMQ the app starts and takes orders; their events are published later."""
    bus.away = True
    try:
        other = make_client()
    except AppDidNotStart as error:
        raise AssertionError(f"RabbitMQ is away, and the app does not start: {error}") from None
    module = given("app")
    for _ in range(3):
        answer = other.post("/orders", json=shop.new_order())
        assert answer.status_code == 201
    expected = [str(event["event_id"]) for event in shop.outbox()]
    run_relay_in_vain(other, module)
    left = shop.waiting()
    assert left == 3, (
        f"RabbitMQ is away, and three events wait. After `relay()`, {left} of them still wait: "
        "those that count as published are lost."
    )
    bus.away = False
    bus.fail_after = 1
    run_relay_in_vain(other, module)
    bus.fail_after = None
    bus.away = False
    run_relay(other, module)
    published = list(dict.fromkeys(event_ids(bus.published())))
    assert published == expected, (
        "RabbitMQ was away, came back for one message, and then for good. In the end every event "
        "should have been published, the oldest first."
    )
    left = shop.waiting()
    assert left == 0, f"All events were published, and {left} still wait in the outbox."


def test_two_relays_do_not_publish_the_same(
    client: Client,
    shop: Shop,
    bus: Bus,
    module: ModuleType,
    make_client: MakeClient,
    given: Given,
) -> None:
    """When two instances of the app look into the outbox at once, each event is published once."""
    other = make_client()
    second = given("app")
    expected = [shop.put_in_event() for _ in range(3)]
    bus.hold = hold = Hold()
    relays = [start_relay(client, module)]
    wait_until(lambda: hold.arrived or relays[0].done())
    relays.append(start_relay(other, second))
    wait_until(lambda: hold.arrived > 3 or relays[1].done(), IN_VAIN)
    hold.release()
    for relay in relays:
        with suppress(NoResult):
            relay.result(PATIENCE)
    # One that finds another at work may leave everything to it.
    for _ in looks(PATIENCE):
        run_relay(client, module)
        if not shop.waiting():
            break
    counted = Counter(event_ids(bus.published()))
    assert dict(counted) == dict.fromkeys(expected, 1), (
        "Two instances of the app looked into the outbox at the same time; how often was each "
        "event published?"
    )


def test_the_outbox_is_emptied_without_a_request(
    client: Client, shop: Shop, bus: Bus, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the app is up, events are published by themselves, also after failures."""
    left_behind = shop.put_in_event()
    monkeypatch.setenv("RELAY_SECONDS", "0.02")
    other = make_client()
    is_published = wait_until(lambda: not shop.waiting(), 1)
    assert is_published, (
        "An event was left behind when the app was stopped. The app is started again, "
        "RELAY_SECONDS is 0.02, and a second later the event still waits."
    )
    bus.away = True
    bus.refused = 0
    late = shop.put_in_event()
    wait_until(lambda: bus.refused > 2, 1)
    bus.away = False
    is_published = wait_until(lambda: not shop.waiting(), 1)
    assert is_published, (
        "RabbitMQ was away for some looks into the outbox, and came back. A second later the "
        "event still waits: did the first failure end the task that looks?"
    )
    assert set(event_ids(bus.published())) == {left_behind, late}
    other.stop()


def test_copies_are_promised(
    client: Client,
    shop: Shop,
    bus: Bus,
    stock: Stock,
    module: ModuleType,
    database: Database,
    values: Values,
) -> None:
    """A placed order's copies are promised by the stock service, which notes the request's id."""
    service = stock.start()
    request_id = values.token()
    order = place(client, shop.new_order(), **{"X-Request-ID": request_id}).json()
    run_relay(client, module)
    wait_until(shop.handled)
    assert service.get(f"/books/{values.isbn()}").status_code == 404
    answer = service.get(f"/books/{order['isbn']}")
    assert answer.status_code == 200
    promised = answer.json()["promised"]
    assert promised == order["copies"], (
        f"{order['copies']} copies were ordered, and the event was published. The stock service "
        f"says that {promised} are promised."
    )
    handled = shop.handled()
    assert handled == {event_ids(bus.published())[0]: request_id}, (
        "`stock.handled` should have the event's id and the id of the request."
    )
    isbn = next(isbn for isbn in shop.isbns if isbn != order["isbn"])
    events = [shop.event(isbn) for _ in range(3)]
    events[0]["copies"] = 1
    with database.locked("SELECT * FROM stock.books FOR UPDATE"):
        for event in events:
            stock.send(event)
        wait_until(lambda: database.value(WAITING_FOR_LOCKS) == 3, IN_VAIN)
    wait_until(lambda: len(shop.handled()) == 4)
    total = sum(event["copies"] for event in events)
    promised = shop.promised(isbn)
    assert promised == total, (
        f"Three events about one book came at once, for {total} copies together, and {promised} "
        "are promised. Did one read the number before another had written it?"
    )
    stock.check_nothing_is_left("Some orders were placed, and their events handled")


def test_an_event_that_comes_twice_counts_once(
    client: Client, shop: Shop, bus: Bus, stock: Stock, database: Database
) -> None:
    """An event that comes again is dropped, at once, later, and after a restart."""
    stock.start()
    event = shop.event(shop.isbns[0])
    shop.isbns = shop.isbns[1:]
    with database.locked("SELECT * FROM stock.books FOR UPDATE"):
        for _ in range(3):
            stock.send(event)
        wait_until(lambda: database.value(WAITING_FOR_LOCKS) == 3, IN_VAIN)
    wait_until(shop.handled)
    stock.send(event)
    stock.check_goes_on("One event came four times")
    stock.check_nothing_is_left("One event came four times")
    stock.start()
    stock.send(event)
    stock.check_goes_on("An event came once more after a restart")
    stock.check_nothing_is_left("An event came once more after a restart")
    promised = shop.promised(event["isbn"])
    assert promised == event["copies"], (
        f"One event, for {event['copies']} copies, came five times, and {promised} copies are "
        "promised. RabbitMQ delivers at least once, so the stock service has to know an event "
        "again."
    )
    dead = bus.dead()
    assert dead == [], "An event that came before is no dead letter: it is done."


def check_survives(
    stock: Stock, shop: Shop, database: Database, table: str, statement: str
) -> None:
    """Check that an event is handled although a statement fails in all attempts but the last."""
    most = int(os.environ["HANDLING_ATTEMPTS"])
    event = shop.event()
    before = shop.promised(event["isbn"])
    database.run(FAIL_AT_TIMES)
    database.run(
        f"CREATE TRIGGER fail BEFORE {statement} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION public.fail({most - 1})"
    )
    stock.send(event)
    wait_until(lambda: database.value(TRIES) >= most and event["event_id"] in shop.handled(), 1.5)
    wait_until(lambda: not database.value(IN_TRANSACTION))
    promised = shop.promised(event["isbn"]) - before
    tries = database.value(TRIES)
    assert promised == event["copies"], (
        f"The {statement} of {table} failed {most - 1} times and would have gone well then; "
        f"HANDLING_ATTEMPTS is {most}. It was tried {tries} times. The event was for "
        f"{event['copies']} copies, and {promised} are promised. Is an event tried again, and "
        "are both tables written in one transaction?"
    )
    is_noted = event["event_id"] in shop.handled()
    assert is_noted, "Copies are promised, and the event is not in `stock.handled`."
    database.run(f"DROP TRIGGER fail ON {table}; DROP SEQUENCE public.tries")
    database.run("DROP FUNCTION public.fail")


def test_a_passing_failure_leaves_nothing_half_done(
    client: Client, shop: Shop, bus: Bus, stock: Stock, database: Database
) -> None:
    """When the database fails in the middle, the event is tried again, and counts once."""
    stock.start()
    check_survives(stock, shop, database, "stock.books", "UPDATE")
    check_survives(stock, shop, database, "stock.handled", "INSERT")
    stock.check_goes_on("The database failed some times, and then no more")
    stock.check_nothing_is_left("The database failed some times, and then no more")
    dead = bus.dead()
    assert dead == [], "Events were handled in the end, and are dead letters all the same."


def test_a_message_that_cannot_be_handled_is_a_dead_letter(
    client: Client, shop: Shop, bus: Bus, stock: Stock, values: Values
) -> None:
    """What cannot be read, or names an unknown book, ends in the dead letters as it came."""
    stock.start()
    good = shop.event()
    lacking = {key: value for key, value in shop.event().items() if key != "isbn"}
    for what, body in (
        ("A message that is no JSON", values.title().encode()),
        ("A message without an `isbn`", json.dumps(lacking).encode()),
        ("An event for no copies", json.dumps(shop.event() | {"copies": 0}).encode()),
        ("An event with an unknown book", json.dumps(shop.event(values.isbn())).encode()),
    ):
        count = len(bus.dead())
        bus.send(body, str(uuid4()), values.token())
        bodies = [letter.body for letter in bus.wait_for_dead(count + 1)[count:]]
        assert bodies == [body], (
            f"{what} came, which can never be handled. It should be in the queue of dead letters "
            "as it came, for somebody to look at."
        )
    stock.check_goes_on("Four messages came that cannot be handled")
    stock.send(good)
    stock.check_nothing_is_left("Four messages came that cannot be handled")


def test_a_failing_event_does_not_come_for_ever(
    client: Client, shop: Shop, bus: Bus, stock: Stock, database: Database
) -> None:
    """An event that fails each time is tried HANDLING_ATTEMPTS times, then it is a dead letter."""
    stock.start()
    most = int(os.environ["HANDLING_ATTEMPTS"])
    event = shop.event(shop.isbns.pop())
    database.run(FAIL_AT_TIMES)
    database.run(
        "CREATE TRIGGER fail BEFORE UPDATE ON stock.books"
        f" FOR EACH ROW WHEN (NEW.isbn = '{event['isbn']}')"
        " EXECUTE FUNCTION public.fail(1000000)"
    )
    stock.send(event)
    stock.check_goes_on("An event came that fails each time")
    wait_until(lambda: bus.dead() or database.value(TRIES) > most, 2)
    tries = database.value(TRIES)
    assert tries == most, (
        f"An event fails each time, and HANDLING_ATTEMPTS is {most}. It was tried {tries} times."
    )
    bodies = [json.loads(letter.body) for letter in bus.dead()]
    assert bodies == [event], (
        f"An event failed {most} times. It should be in the queue of dead letters as it came."
    )
    stock.check_nothing_is_left("An event failed each time")
    is_noted = event["event_id"] in shop.handled()
    assert not is_noted, "An event failed each time, and `stock.handled` says that it is handled."
