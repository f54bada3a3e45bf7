"""How do you set up and manage database connections in FastAPI?"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from typing import Any

import httpx2
import pytest

from checker.suite import Client, Gateway, MakeClient, Values
from checker.suite.database import Database

LOOKS = 80
"""How often we look whether something happens that should not happen."""

# Whoever reads goes on; whoever inserts has to wait.
HOLD_ORDERS = "LOCK TABLE orders IN SHARE MODE"
HOLD_LINES = "LOCK TABLE order_lines IN SHARE MODE"
STORED = """
    SELECT o.id, o.reference, o.customer, coalesce(
        json_agg(json_build_object('isbn', l.isbn, 'copies', l.copies) ORDER BY l.position)
            FILTER (WHERE l.order_id IS NOT NULL), '[]') AS lines
    FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id GROUP BY o.id ORDER BY o.id
"""
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE usename = current_user AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""
HANG_UP = """
    SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = current_user AND pid <> pg_backend_pid()
"""
REFUSE_TO_COMMIT = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'this transaction cannot be committed'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON orders
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
"""


@pytest.fixture(autouse=True)
def pool_size(monkeypatch: pytest.MonkeyPatch, values: Values) -> int:
    """How many connections the app may have in this test: what `settings.POOL_SIZE` says.

    Fewer than SQLAlchemy's default of 5.
    """
    size = values.integer(3, 4)
    monkeypatch.setenv("POOL_SIZE", str(size))
    return size


class Shop:
    """The bookshop's database: four books, and ids that begin somewhere."""

    def __init__(self, database: Database, values: Values) -> None:
        self.database = database
        self.values = values
        self.isbns = [values.isbn() for _ in range(4)]
        titles = [values.title() for _ in self.isbns]
        database.run(
            "INSERT INTO books SELECT * FROM unnest(%s::text[], %s::text[])", self.isbns, titles
        )
        first = values.integer(100, 9000)
        database.run(f"ALTER TABLE orders ALTER COLUMN id RESTART WITH {first}")

    def new_order(self) -> dict[str, Any]:
        """An order that can be taken, as a client sends it."""
        return {
            "reference": self.values.token(12),
            "customer": self.values.name(),
            "lines": [self.line(isbn) for isbn in self.values.sample(self.isbns, 3)],
        }

    def line(self, isbn: str) -> dict[str, Any]:
        """A line of an order, as a client sends it."""
        return {"isbn": isbn, "copies": self.values.integer(1, 9)}

    def order_of_an_unknown_book(self) -> dict[str, Any]:
        """An order whose last line names a book that the shop does not have."""
        order = self.new_order()
        order["lines"].append(self.line(self.values.isbn()))
        return order

    def put_in(self) -> dict[str, Any]:
        """Put an order into the database without the app, and return it as the app should."""
        order = self.new_order()
        order_id = self.database.value(
            "INSERT INTO orders (reference, customer) VALUES (%s, %s) RETURNING id",
            order["reference"],
            order["customer"],
        )
        last_first = order["lines"][::-1]
        self.database.run(
            "INSERT INTO order_lines SELECT %s, * FROM unnest(%s::int[], %s::text[], %s::int[])",
            order_id,
            [3, 2, 1],
            [line["isbn"] for line in last_first],
            [line["copies"] for line in last_first],
        )
        return {"id": order_id, **order}

    def stored(self) -> list[dict[str, Any]]:
        """Every order that the database has, as the app should return it."""
        return self.database.rows(STORED)


@pytest.fixture
def shop(database: Database, values: Values) -> Shop:
    """The database of this test with some books in it."""
    return Shop(database, values)


def take(client: Client, shop: Shop) -> dict[str, Any]:
    """Send an order that can be taken, and give the answer's order."""
    answer = client.post("/orders", json=shop.new_order())
    assert answer.status_code == 201
    order: dict[str, Any] = answer.json()
    return order


Sent = Future[httpx2.Response]


def start(client: Client, method: str, path: str, body: Any = None) -> Sent:
    """Send a request from a thread of its own; the answer comes when it comes."""
    request = client.build_request(method, path, json=body)
    sent: Sent = Future()

    def send() -> None:
        try:
            sent.set_result(client.send(request))
        except BaseException as error:
            sent.set_exception(error)

    threading.Thread(target=send, daemon=True).start()
    return sent


def answer_to(sent: Sent, otherwise: str) -> httpx2.Response:
    """The answer to a request; it fails the test when there is none in time."""
    try:
        return sent.result(1.5)
    except NoAnswer:
        raise AssertionError(otherwise) from None


def looks(seconds: float) -> Iterator[None]:
    """Look at something again and again, until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def wait_for_locks(database: Database, count: int, *sent: Sent) -> int:
    """Wait until so many transactions of the app wait for a lock; returns how many do.

    It is over sooner when one of the requests was answered.
    """
    waiting = 0
    for _ in looks(1.0):
        waiting = database.value(WAITING)
        if waiting >= count or any(one.done() for one in sent):
            break
    return waiting


def connections_of_the_app(database: Database) -> int:
    """How many connections the app has; our own, which holds a lock, is not one of them."""
    return sum(session.query != HOLD_LINES for session in database.sessions())


def hang_up(database: Database) -> None:
    """End the app's connections from the database's side, and wait until they have ended."""
    ended = [row["pid"] for row in database.rows(HANG_UP)]
    for _ in looks(1.0):
        if not database.rows("SELECT 1 FROM pg_stat_activity WHERE pid = ANY(%s)", ended):
            break


def check_waits(database: Database, posted: Sent) -> None:
    """Check that an order waits for the lock that we hold."""
    if wait_for_locks(database, 1, posted) == 0:
        answer = answer_to(posted, "POST /orders had no answer, and no statement in the database.")
        assert answer.status_code == 201
        raise AssertionError("POST /orders answered 201, and it cannot have stored the lines yet.")


def check_given_back(database: Database, asked: str, status: int) -> None:
    """Check that no connection is left in a transaction."""
    left = [session for session in database.sessions() if session.state != "idle"]
    is_given_back = not left
    assert is_given_back, (
        f"{asked} was answered with {status}, and its connection was not given back: it is still "
        f"{left[0].state!r}. The last statement was: {' '.join(left[0].query.split())[:120]}"
    )


def test_an_order_is_stored(client: Client, shop: Shop) -> None:
    """POST /orders answers 201 with the order, and the database has it with all its lines."""
    expected = [shop.put_in()]
    one_line = shop.new_order()
    del one_line["lines"][1:]
    for new in (shop.new_order(), one_line):
        answer = client.post("/orders", json=new)
        assert answer.status_code == 201
        order = answer.json()
        stored = shop.stored()
        is_stored = len(stored) == len(expected) + 1
        assert is_stored, (
            "POST /orders answered 201, and the database has no new order. What a transaction "
            "has written is there for others when it is committed, and not before."
        )
        expected.append({"id": stored[-1]["id"], **new})
        assert stored == expected, (
            "The order in the database is not the order that was sent. In the database:"
        )
        assert order == expected[-1]


def test_an_order_can_be_read(client: Client, shop: Shop, values: Values) -> None:
    """GET /orders/{order_id} answers with the order and its lines in their order, or 404."""
    orders = [shop.put_in() for _ in range(3)]
    for order in values.shuffled(orders):
        answer = client.get(f"/orders/{order['id']}")
        assert answer.status_code == 200
        assert answer.json() == order
    answer = client.get(f"/orders/{orders[-1]['id'] + values.integer(1, 99)}")
    assert answer.status_code == 404


def test_a_wrong_order_is_422(client: Client, shop: Shop, values: Values) -> None:
    """An order that lacks something, or with copies out of range, answers 422."""
    wrong = []
    for missing in ("reference", "customer", "lines"):
        order = shop.new_order()
        del order[missing]
        wrong.append(order)
    wrong.append(shop.new_order() | {"lines": []})
    for copies in (0, -values.integer(1, 99), 1000, values.integer(1001, 9999)):
        order = shop.new_order()
        values.choice(order["lines"])["copies"] = copies
        wrong.append(order)
    for order in wrong:
        answer = client.post("/orders", json=order)
        assert answer.status_code == 422
    assert shop.stored() == [], "Orders were answered with 422, and stored all the same."


def test_a_taken_reference_is_409(client: Client, shop: Shop) -> None:
    """POST /orders with a reference that is taken answers 409, and the first order stays."""
    shop.put_in()
    take(client, shop)
    there = shop.stored()
    for first in there:
        answer = client.post("/orders", json=shop.new_order() | {"reference": first["reference"]})
        assert answer.status_code == 409
    assert shop.stored() == there, (
        "Orders were refused because their reference is taken, and the stored orders changed."
    )


def test_a_refused_order_leaves_nothing_behind(client: Client, shop: Shop) -> None:
    """An order with an unknown book in its last line answers 409, and nothing of it is stored."""
    there = [shop.put_in()]
    for _ in range(2):
        refused = shop.order_of_an_unknown_book()
        answer = client.post("/orders", json=refused)
        assert answer.status_code == 409
        assert shop.stored() == there, (
            "POST /orders refused an order with 409, and left a part of it in the database."
        )
        mended = refused | {"lines": refused["lines"][:-1]}
        answer = client.post("/orders", json=mended)
        assert answer.status_code == 201
        there.append({"id": answer.json()["id"], **mended})
    assert shop.stored() == there


def test_nobody_sees_half_an_order(client: Client, shop: Shop, database: Database) -> None:
    """An order and its lines appear at once: nobody sees an order without its lines."""
    new = shop.new_order()
    with database.locked(HOLD_LINES):
        posted = start(client, "POST", "/orders", new)
        check_waits(database, posted)
        seen = shop.stored()
    assert seen == [], (
        "While the lines of an order waited to be inserted, others saw the order already, without "
        "them. When the process ends at this moment, half an order stays for ever. The order and "
        "its lines belong into one transaction."
    )
    answer = answer_to(posted, "POST /orders had no answer, although its lines could be inserted.")
    assert answer.status_code == 201
    assert shop.stored() == [{"id": answer.json()["id"], **new}]


def test_of_two_at_once_one_is_409(client: Client, shop: Shop, database: Database) -> None:
    """When two orders with one reference come at once, one answers 201 and the other 409."""
    first = shop.new_order()
    second = shop.new_order() | {"reference": first["reference"]}
    with database.locked(HOLD_ORDERS):
        both = [start(client, "POST", "/orders", order) for order in (first, second)]
        wait_for_locks(database, 2, *both)
    answers = [
        answer_to(
            one,
            "Two orders with the same reference came at once. One waited in the database for what "
            "becomes of the other, and neither had an answer. Does a blocking call in an `async "
            "def` stop the one that has to commit?",
        )
        for one in both
    ]
    statuses = sorted(int(answer.status_code) for answer in answers)
    assert statuses == [201, 409], (
        "Two orders with the same reference came at once, and neither could see the other before "
        f"it inserted. They were answered with {statuses[0]} and {statuses[1]}; expected 201 for "
        "one, and 409 for the other."
    )
    won = next(n for n, answer in enumerate(answers) if answer.status_code == 201)
    assert shop.stored() == [{"id": answers[won].json()["id"], **(first, second)[won]}]


def test_what_cannot_be_committed_is_not_promised(
    client: Client, shop: Shop, database: Database
) -> None:
    """When the database refuses to commit, the answer is a 5xx, and not 201."""
    take(client, shop)
    there = shop.stored()
    database.run(REFUSE_TO_COMMIT)
    answer = client.post("/orders", json=shop.new_order())
    is_refused = answer.is_server_error
    assert is_refused, (
        "In this test the database refuses every COMMIT of a new order, so nothing can be stored. "
        f"POST /orders answered {answer.status_code}; expected a 5xx. The commit has to come "
        "before the answer is sent."
    )
    assert shop.stored() == there


def test_every_connection_is_given_back(client: Client, shop: Shop, database: Database) -> None:
    """No request keeps its connection or its transaction, also one that is refused or fails."""
    there = take(client, shop)
    path = f"/orders/{there['id']}"
    for _ in range(2):
        for method, url, body, status in (
            ("GET", path, None, 200),
            ("GET", f"/orders/{there['id'] + 1000}", None, 404),
            ("POST", "/orders", shop.new_order() | {"reference": there["reference"]}, 409),
            ("POST", "/orders", shop.order_of_an_unknown_book(), 409),
            ("POST", "/orders", shop.new_order(), 201),
        ):
            sent = start(client, method, url, body)
            answer = answer_to(sent, f"{method} {url} had no answer: {STUCK}")
            assert answer.status_code == status
            check_given_back(database, f"{method} {url}", status)
    for method, url in (("POST", "/orders"), ("GET", path)):
        database.run("ALTER TABLE order_lines RENAME TO lines_of_orders")
        for _ in range(2):
            body = shop.new_order() if method == "POST" else None
            sent = start(client, method, url, body)
            answer = answer_to(sent, f"{method} {url} had no answer: {STUCK}")
            is_error = answer.is_server_error
            assert is_error, (
                "In this test a table is missing, which is no fault of the client's, and no "
                f"conflict. {method} {url} answered {answer.status_code}; expected a 5xx."
            )
            check_given_back(database, f"{method} {url}", answer.status_code)
        database.run("ALTER TABLE lines_of_orders RENAME TO order_lines")
    take(client, shop)


STUCK = "the requests before it have kept the connections."


def test_one_is_read_while_another_waits(client: Client, shop: Shop, database: Database) -> None:
    """While one order waits for a lock in the database, another is read: nothing is shared."""
    there = shop.put_in()
    with database.locked(HOLD_LINES):
        posted = start(client, "POST", "/orders", shop.new_order())
        check_waits(database, posted)
        read = start(client, "GET", f"/orders/{there['id']}")
        answer = answer_to(
            read,
            f"While POST /orders waited for a lock, GET /orders/{there['id']} had to wait as well, "
            "and no lock was in its way. Do the two share a session or a connection? Or does a "
            "blocking call in an `async def` stop the whole app?",
        )
        assert answer.status_code == 200
    answer = answer_to(posted, "POST /orders had no answer, although its lines could be inserted.")
    assert answer.status_code == 201


def test_more_requests_than_connections(
    client: Client, shop: Shop, database: Database, values: Values, pool_size: int
) -> None:
    """With more requests at once than `POOL_SIZE`, some wait their turn, and all are answered."""
    new = [shop.new_order() for _ in range(pool_size + values.integer(5, 8))]
    with database.locked(HOLD_LINES):
        posted = [start(client, "POST", "/orders", order) for order in new]
        wait_for_locks(database, pool_size, *posted)
        most = max(connections_of_the_app(database) for _ in range(LOOKS))
    is_modest = most <= pool_size
    assert is_modest, (
        f"`settings.POOL_SIZE` is {pool_size}, and with {len(new)} requests at once the app had "
        f"{most} connections open. SQLAlchemy's pool opens more than `pool_size` when it is busy, "
        "unless it is told not to."
    )
    answers = [
        answer_to(
            one,
            f"{len(new)} requests came at once, for {pool_size} connections, and some had no "
            "answer in the end: whoever holds a connection waits for somebody who waits for one. "
            "Does a request need two? Or does a blocking call in an `async def` stop those that "
            "could give theirs back?",
        )
        for one in posted
    ]
    for answer in answers:
        assert answer.status_code == 201
    assert len(shop.stored()) == len(new)


def test_connections_are_used_again(
    database: Database,
    shop: Shop,
    pool_size: int,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Connections are opened once and used again: many requests, one after the other, need few."""
    with Gateway(database.url) as gateway:
        monkeypatch.setenv("DATABASE_URL", gateway.url)
        client = make_client()
        order_id = take(client, shop)["id"]
        for _ in range(pool_size // 2):
            for path, status in ((order_id, 200), (order_id + 1000, 404)):
                answer = client.get(f"/orders/{path}")
                assert answer.status_code == status
        take(client, shop)
        opened = gateway.connections
        is_used_again = opened <= pool_size
        assert is_used_again, (
            f"{len(client.exchanges)} requests came one after the other, and the app opened "
            f"{opened} connections for them; it may have {pool_size}. To open one takes longer "
            "than most queries: open them once, and keep them."
        )
        client.stop()


def test_dead_connections_are_replaced(client: Client, shop: Shop, database: Database) -> None:
    """When the database has ended idle connections, the next request is answered all the same."""
    there = take(client, shop)
    for method, path, body, status in (
        ("GET", f"/orders/{there['id']}", None, 200),
        ("POST", "/orders", shop.new_order(), 201),
    ):
        hang_up(database)
        answer = client.request(method, path, json=body)
        assert answer.status_code == status, (
            "The database has ended the idle connections, as it does when it is restarted. The "
            "pool did not notice, and a request got a dead one."
        )


def test_a_stopped_app_leaves_no_connection(client: Client, shop: Shop, database: Database) -> None:
    """When the app is stopped, it closes all its connections."""
    with database.locked(HOLD_ORDERS):
        both = [start(client, "POST", "/orders", shop.new_order()) for _ in range(2)]
        wait_for_locks(database, 2, *both)
    for one in both:
        answer = answer_to(one, "POST /orders had no answer, although nothing was in its way.")
        assert answer.status_code == 201
    client.stop()
    for _ in looks(0.5):
        if not database.sessions():
            break
    left = database.sessions()
    is_closed = not left
    assert is_closed, (
        f"The app was stopped, and {len(left)} of its connections are still open. The "
        "database keeps a process for each. Who makes the engine disposes of it, too."
    )
