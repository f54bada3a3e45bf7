"""How do you handle logging and error tracking in FastAPI?"""

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from threading import Thread
from typing import Any

import httpx2
import pytest
import sentry_sdk
import sentry_sdk.client
import sentry_sdk.integrations.logging
import sentry_sdk.scope
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from checker.suite import Client, Given, MakeClient, Rendezvous, RendezvousMissed, Values

with suppress(ImportError):
    import starlette.templating  # noqa: F401 - the SDK imports it, to change it


# The tests share one process, and both logging and Sentry's SDK change the whole process. The next
# lines see to it that each test finds both as a new process has them, and that nothing of it is
# left behind. You need not read them: the first test is far below.


class Post(Transport):
    """Where everything goes that an app sends to Sentry. Nothing leaves this machine.

    Args:
        dsn: where the app should send to.

    Attributes:
        dsn: the same.
        envelopes: what was sent.
        clients: the clients of the SDK that were made.
        dsns: where each of them believes that it sends to.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self.dsn = dsn
        self.envelopes: list[Envelope] = []
        self.clients: list[Any] = []
        self.dsns: list[str] = []
        self._read = 0

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep what is sent."""
        self.envelopes.append(envelope)

    def new_events(self) -> list[Any]:
        """The events that were sent since the last time; the other kinds of envelopes left out."""
        for client in self.clients:
            client.flush()
        new, self._read = self.envelopes[self._read :], len(self.envelopes)
        return [event for event in (envelope.get_event() for envelope in new) if event]

    def events_about(self, what: str) -> list[Any]:
        """The new events about something, those with an exception first; there has to be one."""
        events = self.new_events()
        some = bool(events)
        why = "Is the error caught on its way by something that does not report it?"
        if not self.clients:
            why = "The app has not called `sentry_sdk.init`."
        assert some, f"{what}, and Sentry got no event about it. {why}"
        return sorted(events, key=lambda event: "exception" not in event)

    def event_about(self, what: str) -> Any:
        """The new event about something; of several, one with an exception."""
        return self.events_about(what)[0]


def parts_of_the_framework() -> list[tuple[Any, str, Any]]:
    """The functions, classes and methods of Starlette and FastAPI, with owner and name."""
    parts: list[tuple[Any, str, Any]] = []
    for name, module in sys.modules.copy().items():
        if name.partition(".")[0] in {"starlette", "fastapi"}:
            inside = list(vars(module).values())
            classes = [part for part in inside if getattr(part, "__module__", "") == name]
            for owner in (module, *(part for part in classes if isinstance(part, type))):
                parts += [(owner, key, part) for key, part in vars(owner).items() if callable(part)]
    return parts


UNPATCHED = parts_of_the_framework()
PATCHED_ELSEWHERE = (
    (logging.Logger, "callHandlers"),
    (Thread, "start"),
    (ThreadPoolExecutor, "submit"),
)
# Other parts of the process that the SDK would change, and that no test here needs.
NOT_NEEDED = {"argv", "atexit", "excepthook", "modules", "stdlib"}


@pytest.fixture(autouse=True)
def post(values: Values) -> Iterator[Post]:
    """The SDK as in a new process, except that all it sends is kept here."""
    post = Post(f"https://{values.word()}@sentry.bookshop.example/{values.integer(1, 99)}")
    make = sentry_sdk.client._Client._init_impl
    integrations, found = sentry_sdk.integrations, sentry_sdk.integrations.logging

    def make_harmless(client: Any) -> None:
        dsn = client.options["dsn"]
        client.options.update(transport=post if dsn else None, spotlight=False)
        post.dsns += [dsn] if dsn else []
        post.clients.append(client)
        make(client)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SENTRY_DSN", post.dsn)
        for variable in ("SENTRY_PRINT_ENVELOPES", "SENTRY_DEBUG", "SENTRY_SPOTLIGHT"):
            patch.delenv(variable, raising=False)
        patch.setattr(sentry_sdk.client._Client, "_init_impl", make_harmless)
        patch.setattr(sentry_sdk.scope, "_global_scope", None)
        patch.setattr(sentry_sdk.scope, "global_event_processors", [])
        patch.setattr(integrations, "_installed_integrations", set())
        patch.setattr(integrations, "_processed_integrations", set(NOT_NEEDED))
        patch.setattr(found, "_IGNORED_LOGGERS", set(found._IGNORED_LOGGERS))
        patch.setattr(found.LoggingIntegration, "capture_sentry_logs", found._SENTINEL)
        for owner, name in PATCHED_ELSEWHERE:
            patch.setattr(owner, name, getattr(owner, name))
        automatic = integrations._AUTO_ENABLING_INTEGRATIONS
        all_of_them = automatic.copy()
        # Those for databases, queues and clients are of no use here, and slow to import.
        automatic[:] = [name for name in automatic if re.search(r"\.(fastapi|starlette)\.", name)]
        try:
            with sentry_sdk.isolation_scope():
                yield post
        finally:
            automatic[:] = all_of_them
            for client in post.clients:
                client.close(timeout=0)
            for owner, name, part in UNPATCHED:
                if vars(owner).get(name) is not part:
                    setattr(owner, name, part)


def all_loggers() -> list[logging.Logger]:
    """The root logger, and every other one that there is."""
    named = logging.root.manager.loggerDict.values()
    return [logging.root, *(logger for logger in named if isinstance(logger, logging.Logger))]


@pytest.fixture(autouse=True)
def new_logging() -> Iterator[None]:
    """Logging as in a new process, in which nobody has configured anything."""
    before = {
        logger: (
            logger.handlers.copy(),
            logger.filters.copy(),
            logger.level,
            logger.propagate,
            logger.disabled,
        )
        for logger in all_loggers()
    }
    disabled_level, factory = logging.root.manager.disable, logging.getLogRecordFactory()
    logging.root.handlers.clear()
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the client of this suite
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        logging.disable(disabled_level)
        logging.setLogRecordFactory(factory)
        for logger in all_loggers():
            handlers, filters, level, logger.propagate, logger.disabled = before.get(
                logger, ([], [], logging.NOTSET, True, False)
            )
            logger.handlers[:], logger.filters[:] = handlers, filters
            logger.setLevel(level)


class Log:
    """What the app writes to standard output and standard error.

    While the app is imported, both are one stream of this object, which a handler may keep. When
    the test itself begins, pytest puts streams of its own there.
    """

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._written = io.BytesIO()
        self.stream = io.TextIOWrapper(self._written, encoding="utf-8", write_through=True)

    def text(self) -> str:
        """What was written since the last time."""
        kept = self._written.getvalue().decode()
        self._written.seek(0)
        self._written.truncate()
        return kept + "".join(self._capsys.readouterr())

    def lines(self) -> list[dict[str, Any]]:
        """The lines that were written since the last time; those that are no JSON left out."""
        objects = [as_object(line) for line in self.text().splitlines()]
        return [line for line in objects if line is not None]


def as_object(line: str) -> dict[str, Any] | None:
    """The JSON object that a line is; None when it is something else."""
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


@pytest.fixture(autouse=True)
def log(capsys: pytest.CaptureFixture[str], new_logging: None) -> Log:
    """What the app writes, from its import on."""
    log = Log(capsys)
    sys.stdout = sys.stderr = log.stream
    return log


BANK_PASSWORD = "open-sesame-4711"
"""What the wire to the bank logs in its extras, and nobody should read."""


class Wire:
    """A wire to the bank, as a test wants it to be.

    Attributes:
        accepts: whether the bank takes the cards.
        cards: the numbers of the cards that were charged.
        errors: what goes wrong with an order, by the order's id.
        meeting: where a question waits for another one.
    """

    def __init__(self) -> None:
        self.accepts = True
        self.cards: list[str] = []
        self.errors: dict[int, Exception] = {}
        self.meeting: Rendezvous | None = None

    def ask(self, order_id: int, amount: Decimal, card_number: str) -> bool:
        """Answer for the bank."""
        self.cards.append(card_number)
        account = {"account": {"password": BANK_PASSWORD, "amount": amount}}
        logging.getLogger("bookshop.wire").info("order %d: dialling", order_id, extra=account)
        if self.meeting is not None:
            with suppress(RendezvousMissed):
                self.meeting.arrive_blocking()
        if order_id in self.errors:
            raise self.errors[order_id]
        return self.accepts


class Town:
    """The given shop and bank, with made-up books and customers, and ways to ask the API.

    Attributes:
        shop: the given module.
        bank: the given module.
        wire: the bank's wire.
    """

    def __init__(self, client: Client, given: Given, values: Values) -> None:
        self.client, self.values = client, values
        self.shop, self.bank = given("shop"), given("bank")
        self.wire = self.bank.wire = Wire()
        self.shop.ids = count(values.integer(1000, 9000))
        self._numbers = count(values.integer(10_000, 90_000))
        for _ in range(3):
            self.shop.shelf[values.isbn()] = self.shop.Book(
                values.title(), Decimal(values.price()), values.integer(20, 60)
            )

    def customer(self) -> Any:
        """A new customer, who is not signed in."""
        values = self.values
        customer = self.shop.Customer(
            next(self._numbers), values.name(), values.email(), values.token(14)
        )
        self.shop.register.customers[customer.email] = customer
        return customer

    def signed_in(self, customer: Any) -> dict[str, str]:
        """The headers of a customer who is signed in."""
        token = self.values.token(30)
        self.shop.sessions[token] = customer
        return {"Authorization": f"Bearer {token}"}

    def order(self, customer: Any) -> Any:
        """An order of a customer, of which the log knows nothing."""
        isbn = self.values.choice(list(self.shop.shelf))
        amount = Decimal(self.values.price(10, 300))
        order = self.shop.Order(next(self.shop.ids), customer.id, isbn, 1, amount)
        self.shop.orders[order.id] = order
        return order

    def card(self) -> str:
        """The number of a card."""
        return "".join(str(self.values.integer(0, 9)) for _ in range(16))

    def error(self) -> Exception:
        """Something that nobody expects."""
        kind = self.values.choice([ConnectionResetError, RuntimeError, ZeroDivisionError])
        return kind(self.values.title())

    def sign_in(self, email: str, password: str, **headers: str) -> httpx2.Response:
        """Sign in through the API."""
        body = {"email": email, "password": password}
        return self.client.post("/sessions", json=body, headers=headers)

    def pay(self, order: Any, headers: dict[str, str], card: str = "") -> httpx2.Response:
        """Pay for an order through the API."""
        body = {"card_number": card or self.card()}
        return self.client.post(f"/orders/{order.id}/payment", json=body, headers=headers)

    def fail_to_pay(self, customer: Any, card: str = "", **headers: str) -> tuple[Any, Exception]:
        """Let the payment of a new order fail, for a customer who is signed in."""
        order = self.order(customer)
        error = self.wire.errors[order.id] = self.error()
        answer = self.pay(order, self.signed_in(customer) | headers, card)
        assert answer.status_code == 500
        return order, error

    def fail_to_sign_in(self, password: str = "", **headers: str) -> Exception:
        """Let the sign-in of somebody fail."""
        error = self.error()

        def broken(email: str) -> None:
            raise error

        self.shop.register.find = broken
        answer = self.sign_in(self.values.email(), password, **headers)
        assert answer.status_code == 500
        return error


@pytest.fixture
def town(client: Client, given: Given, values: Values) -> Town:
    """The given shop and bank, with made-up books and customers."""
    return Town(client, given, values)


def said(lines: list[dict[str, Any]]) -> str:
    """What lines of the log say, for messages."""
    messages = [f"{line.get('logger')}: {line.get('message')}" for line in lines]
    return "The log has: " + (" | ".join(messages) or "no JSON line") + "."


def told(event: Any) -> str:
    """What an event is about, for messages."""
    errors = (event.get("exception") or {}).get("values") or []
    if errors:
        return f"{errors[-1]['type']}: {errors[-1]['value']}"
    text = event.get("logentry", {}).get("formatted") or event.get("message") or "nothing at all"
    return f"a record of the log, {text!r}"


def crumbs(event: Any) -> list[str]:
    """The messages of an event's breadcrumbs."""
    values = (event.get("breadcrumbs") or {}).get("values") or []
    return [crumb.get("message") or "" for crumb in values]


def places(data: Any, secret: str, path: str = "") -> list[str]:
    """Where in some data a secret stands."""
    if isinstance(data, dict):
        return [at for key in data for at in places(data[key], secret, f"{path}.{key}")]
    if isinstance(data, list):
        return [at for n, item in enumerate(data) for at in places(item, secret, f"{path}[{n}]")]
    return [path.lstrip(".")] if secret in str(data) else []


@pytest.mark.guard
def test_the_shop_works_as_before(
    make_client: MakeClient, given: Given, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop works as ever, and without SENTRY_DSN it works as well."""
    for has_dsn in (True, False):
        if not has_dsn:
            monkeypatch.delenv("SENTRY_DSN")
        town = Town(make_client(), given, values)
        customer = town.customer()
        answer = town.sign_in(customer.email, customer.password)
        assert answer.status_code == 201
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        isbn = values.choice(list(town.shop.shelf))
        copies = values.integer(1, 9)
        body = {"isbn": isbn, "copies": copies}
        answer = town.client.post("/orders", json=body, headers=headers)
        assert answer.status_code == 201
        order = town.shop.orders[answer.json()["id"]]
        answer = town.pay(order, headers, card := town.card())
        assert answer.status_code == 200
        assert town.wire.cards == [card], "The bank should get the card number as it came."
        assert order.paid, "The bank took the card, and the order is not marked as paid."
        assert Decimal(answer.json()["paid"]) == town.shop.shelf[isbn].price * copies
        town.wire.accepts = False
        assert town.pay(order, headers).status_code == 402
        assert town.pay(town.order(town.customer()), headers).status_code == 404
        body["copies"] = town.shop.shelf[isbn].copies + 1
        assert town.client.post("/orders", json=body, headers=headers).status_code == 409
        assert town.client.post("/orders", json=body).status_code == 401
        stranger = {"Authorization": f"Bearer {values.token()}"}
        assert town.client.post("/orders", json=body, headers=stranger).status_code == 401
        for wrong in ({}, body | {"copies": 0}):
            answer = town.client.post("/orders", json=wrong, headers=headers)
            assert answer.status_code == 422
        assert town.sign_in(customer.email, values.token()).status_code == 401


def test_every_answer_has_a_request_id(client: Client, town: Town, values: Values) -> None:
    """Every answer has an X-Request-ID, a 500 too: one of its own, or the one that was brought."""
    customer = town.customer()
    order = town.order(customer)
    town.wire.errors[order.id] = town.error()
    headers = town.signed_in(customer)

    def ask(sent: dict[str, str]) -> list[httpx2.Response]:
        return [
            town.sign_in(customer.email, customer.password, **sent),
            town.sign_in(customer.email, values.token(), **sent),
            client.post("/orders", json={}, headers=headers | sent),
            client.get(f"/{values.word()}", headers=sent),
            town.pay(order, headers | sent),
        ]

    for answer in ask({}):
        has_id = bool(answer.headers.get("x-request-id"))
        assert has_id, (
            f"{answer.request.method} {answer.request.url.path} answered "
            f"{answer.status_code} without an X-Request-ID."
        )
    ids = [answer.headers["x-request-id"] for answer in ask({})]
    all_different = len(set(ids)) == len(ids)
    assert all_different, f"Five requests got the ids {ids}; each should get one of its own."
    brought = f"{values.token(8)}-{values.token(8)}"
    kept = [answer.headers.get("x-request-id") for answer in ask({"X-Request-ID": brought})]
    assert kept == [brought] * len(kept), (
        f"Five requests brought the X-Request-ID {brought!r}, and their answers have {kept}."
    )
    for bad in (values.token(65), f"{values.word()} {values.word()}", f'{values.word()}"}}'):
        got = town.sign_in(customer.email, customer.password, **{"X-Request-ID": bad})
        is_new = got.headers.get("x-request-id") not in {None, "", bad}
        assert is_new, (
            f"A request brought the X-Request-ID {bad!r}, which is no id of 1 to 64 letters, "
            f"digits and hyphens, and its answer has {got.headers.get('x-request-id')!r}. It "
            "should be a new one."
        )


def test_each_line_of_the_log_is_a_json_object(
    client: Client, town: Town, values: Values, log: Log
) -> None:
    """What the app writes is one JSON object a line, whatever is in a message, and nothing else."""
    title = f'"{values.title()}"\nor {{{values.word()}}} \\ {values.word()}'
    isbn = values.isbn()
    town.shop.shelf[isbn] = town.shop.Book(title, Decimal(values.price()), 9)
    customer = town.customer()
    headers = town.signed_in(customer)
    town.sign_in(customer.email, customer.password)
    client.post("/orders", json={"isbn": isbn, "copies": 1}, headers=headers)
    town.pay(town.order(customer), headers)
    town.fail_to_pay(customer)
    lines = log.text().splitlines()
    for line in lines:
        is_json = as_object(line) is not None
        assert is_json, (
            f"The app wrote a line that is no JSON object: {line[:160]!r}. Is there a print left, "
            "or does a message with quotes or a line break tear its line?"
        )
    messages = [str((as_object(line) or {}).get("message")) for line in lines]
    is_whole = any(title in message for message in messages)
    assert is_whole, (
        f"The shop has logged the order of a book named {title!r}, and no line of the log has a "
        f"`message` with this title, unchanged. The messages are: {messages}."
    )


def test_a_line_says_when_who_and_what(town: Town, values: Values, log: Log) -> None:
    """A line has time, level, logger and message, and a field for each `extra` of the record."""
    customer = town.customer()
    order, headers = town.order(customer), town.signed_in(customer)
    log.text()
    town.pay(order, headers)
    lines = log.lines()
    expected = f"order {order.id}: asking for {order.amount}"
    found = [line for line in lines if line.get("message") == expected]
    is_there = bool(found)
    assert is_there, (
        f"The bank has logged {expected!r} with the level INFO, and there is no JSON line with "
        f"this `message`. {said(lines)}"
    )
    line = found[0]
    assert {"level": line.get("level"), "logger": line.get("logger")} == {
        "level": "INFO",
        "logger": "bookshop.bank",
    }
    time = read_time(line.get("time"))
    assert time is not None, (
        f"`time` should be a time in ISO 8601 with its offset from UTC. It is {line.get('time')!r}."
    )
    is_now = abs(datetime.now(time.tzinfo) - time) < timedelta(minutes=1)
    assert is_now, f"`time` should be when it was logged, which was just now. It is {time}."
    amount = (line.get("payment") or {}).get("amount")
    assert line.get("order_id") == order.id, (
        f"The bank has logged this with `order_id` as an extra, which should be a field of the "
        f"line. The line has {', '.join(map(repr, line))}."
    )
    is_right = is_amount(amount, order.amount)
    assert is_right, (
        f"The bank has logged this with `payment` as an extra, in which `amount` is the decimal "
        f"{order.amount}. In the line, `payment` is {line.get('payment')!r}."
    )
    customer_line = town.sign_in(customer.email, values.token())
    assert customer_line.status_code == 401
    levels = [line.get("level") for line in log.lines() if "refused" in str(line.get("message"))]
    assert levels == ["WARNING"], (
        f"The shop has logged a refused sign-in with the level WARNING. In the log it is {levels}."
    )


def read_time(text: Any) -> datetime | None:
    """Read a time that has an offset; None when it is something else."""
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo is not None else None


def is_amount(value: Any, amount: Decimal) -> bool:
    """Whether a value of JSON, a number or a text, is this amount."""
    with suppress(ArithmeticError):
        return Decimal(str(value)) == amount
    return False


def test_each_line_of_a_request_has_its_id(
    client: Client, town: Town, values: Values, log: Log
) -> None:
    """Each line that is logged while a request is served has its id, whoever logs it."""
    customer = town.customer()
    headers, isbn = town.signed_in(customer), values.choice(list(town.shop.shelf))
    order, failing = town.order(customer), town.order(customer)
    town.wire.errors[failing.id] = town.error()
    body = {"isbn": isbn, "copies": 1}
    asking: list[tuple[Callable[[dict[str, str]], httpx2.Response], str]] = [
        (lambda sent: town.sign_in(customer.email, customer.password, **sent), "bookshop.shop"),
        (lambda sent: client.post("/orders", json=body, headers=headers | sent), "bookshop.shop"),
        (lambda sent: town.pay(order, headers | sent), "bookshop.bank"),
        (lambda sent: town.pay(failing, headers | sent), "bookshop.bank"),
    ]
    for ask, logger in asking:
        log.text()
        brought = values.token(24)
        answer = ask({"X-Request-ID": brought})
        asked = f"{answer.request.method} {answer.request.url.path}"
        lines = log.lines()
        from_given = any(line.get("logger") == logger for line in lines)
        assert from_given, (
            f"While {asked} was served, {logger} has logged something with the level INFO, and "
            f"there is no JSON line of this `logger`. {said(lines)}"
        )
        for line in lines:
            if str(line.get("logger")).startswith("sentry_sdk"):
                continue  # the SDK, which stands outside of the app, was asked to tell what it does
            assert line.get("request_id") == brought, (
                f"{asked} has the id {brought!r}, and of what was logged meanwhile, the line of "
                f"{line.get('logger')}, {line.get('message')!r}, has the `request_id` "
                f"{line.get('request_id')!r}."
            )


def test_each_request_has_one_closing_line(
    client: Client, town: Town, values: Values, log: Log
) -> None:
    """Each request has one line with its method, path and status, also when it fails."""
    customer = town.customer()
    headers, failing = town.signed_in(customer), town.order(customer)
    town.wire.errors[failing.id] = town.error()
    log.text()
    for method, path, body, status in (
        ("POST", "/sessions", {"email": customer.email, "password": customer.password}, 201),
        ("POST", "/sessions", {"email": customer.email, "password": values.token()}, 401),
        ("POST", "/orders", {"isbn": values.isbn()}, 422),
        ("GET", "/orders", None, 405),
        ("GET", f"/{values.word()}", None, 404),
        ("POST", f"/orders/{failing.id}/payment", {"card_number": town.card()}, 500),
    ):
        query = {"from": values.word()}
        answer = client.request(method, path, params=query, json=body, headers=headers)
        assert answer.status_code == status
        lines = log.lines()
        closing = [
            {key: line[key] for key in ("method", "path", "status")}
            for line in lines
            if line.keys() >= {"method", "path", "status"}
        ]
        is_there = bool(closing)
        assert is_there, (
            f"{method} {path} was answered with {status}, and no line of the log has the fields "
            f"`method`, `path` and `status`. {said(lines)}"
        )
        assert closing == [{"method": method, "path": path, "status": status}], (
            f"{method} {path} was answered with {status}, and should have one line with this "
            f"`method`, `path` (without the query) and `status`. It has {closing}."
        )


def test_an_unexpected_error_is_logged_once(town: Town, log: Log) -> None:
    """An unexpected error is one line of level ERROR with its traceback, and stays inside."""
    customer = town.customer()
    for where in ("POST /sessions", "POST /orders/{order_id}/payment"):
        log.text()
        if where == "POST /sessions":
            error = town.fail_to_sign_in()
        else:
            _, error = town.fail_to_pay(customer)
        lines = log.lines()
        found = [line for line in lines if "Traceback" in str(line.get("exception"))]
        kind = type(error).__name__
        is_there = bool(found)
        assert is_there, (
            f"In {where} something has raised {kind}, and no line of the log has the traceback in "
            f"its field `exception`. {said(lines)}"
        )
        is_once = len(found) == 1
        assert is_once, (
            f"In {where} something has raised {kind} once, and {len(found)} lines of the log have "
            f"its traceback. {said(found)}"
        )
        last_line = found[0]["exception"].strip().splitlines()[-1]
        assert last_line == f"{kind}: {error}"
        is_error = found[0].get("level") in {"ERROR", "CRITICAL"}
        assert is_error, f"The line with the traceback has the level {found[0].get('level')!r}."
        body = town.client.exchanges[-1].got
        is_hidden = str(error) not in body
        assert is_hidden, f"The answer 500 tells the client what went wrong inside: {body!r}."


def test_no_line_has_a_secret(client: Client, town: Town, values: Values, log: Log) -> None:
    """No password, card number or token is in the log, whoever logs it, and at whatever depth."""
    customer, other = town.customer(), values.token(14)
    headers, cards = town.signed_in(customer), [town.card() for _ in range(3)]
    secrets = {
        customer.password: "a password",
        other: "a wrong password",
        headers["Authorization"].split()[1]: "a token that a request brought",
        BANK_PASSWORD: "a password that stands deep in a record's extras",
    } | dict.fromkeys(cards, "a card number")
    token = town.sign_in(customer.email, customer.password).json()["token"]
    secrets[token] = "a token that was just given"
    town.sign_in(customer.email, other)
    client.post("/sessions", json={"password": customer.password})
    client.post("/sessions", json={"email": 1, "password": customer.password})
    town.pay(town.order(customer), headers, cards[0])
    town.wire.accepts = False
    town.pay(town.order(customer), headers, cards[1])
    client.post("/orders/x/payment", json={"card_number": cards[1]}, headers=headers)
    town.fail_to_pay(customer, cards[2], **headers)
    town.fail_to_sign_in(customer.password)
    lines = log.text().splitlines()
    for secret, name in secrets.items():
        found = [line for line in lines if secret in line]
        is_secret = not found
        assert is_secret, f"The log has {name}: {around(found[0], secret)}"
    asked = [line for line in lines if "asking for" in line and as_object(line)]
    is_there = len(asked) == len(cards)
    assert is_there, (
        f"The bank was asked {len(cards)} times and has logged that, and the log has {len(asked)} "
        "JSON lines of it. Only the secret should be missing, not the line."
    )


def around(line: str, secret: str) -> str:
    """The part of a line where a secret stands."""
    at = line.index(secret)
    return f"…{line[max(0, at - 80) : at + len(secret) + 20]}…"


def test_an_unexpected_error_is_one_event(town: Town, post: Post) -> None:
    """An unexpected error is one event at Sentry, of the error itself, sent to SENTRY_DSN."""
    customer = town.customer()
    for what in ("A payment", "A sign-in", "Another payment"):
        if what == "A sign-in":
            error = town.fail_to_sign_in()
        else:
            _, error = town.fail_to_pay(customer)
        kind = type(error).__name__
        events = post.events_about(f"{what} has failed with {kind}")
        is_one = len(events) == 1
        assert is_one, (
            f"{what} has failed once, with {kind}, and Sentry got {len(events)} events: "
            f"{'; '.join(told(event) for event in events)}."
        )
        errors = (events[0].get("exception") or {}).get("values") or []
        is_itself = (kind, str(error)) in [(e.get("type"), e.get("value")) for e in errors]
        assert is_itself, (
            f"{what} has failed with {kind}: {error}. The event is not about this exception, but "
            f"about {told(events[0])}."
        )
    is_from_environment = set(post.dsns) == {post.dsn}
    assert is_from_environment, (
        f"The environment has SENTRY_DSN={post.dsn}, and the app sends to {', '.join(post.dsns)}."
    )


def test_a_refusal_is_no_event(client: Client, town: Town, values: Values, post: Post) -> None:
    """An answer 4xx is no event at Sentry: the client has made a mistake, not the shop."""
    customer = town.customer()
    town.fail_to_pay(customer)
    post.event_about("A payment has failed unexpectedly")
    headers, isbn = town.signed_in(customer), values.choice(list(town.shop.shelf))
    town.wire.accepts = False
    too_many = {"isbn": isbn, "copies": town.shop.shelf[isbn].copies + 1}
    refusing: list[tuple[Callable[[], httpx2.Response], int]] = [
        (lambda: town.sign_in(customer.email, values.token()), 401),
        (lambda: client.post("/orders", json=too_many), 401),
        (lambda: client.post("/orders", json=too_many, headers=headers), 409),
        (lambda: client.post("/orders", json={}, headers=headers), 422),
        (lambda: town.pay(town.order(town.customer()), headers), 404),
        (lambda: town.pay(town.order(customer), headers), 402),
        (lambda: client.get("/orders"), 405),
        (lambda: client.get(f"/{values.word()}"), 404),
    ]
    for refused, status in refusing:
        answer = refused()
        assert answer.status_code == status
        events = post.new_events()
        is_quiet = not events
        assert is_quiet, (
            f"{answer.request.method} {answer.request.url.path} was answered with {status}, and "
            f"Sentry got an event: {'; '.join(told(event) for event in events)}."
        )


def test_an_event_names_route_and_request(town: Town, values: Values, post: Post) -> None:
    """An event has the route's path, with its parameters' names, and the request id as a tag."""
    customer = town.customer()
    for route in ("/orders/{order_id}/payment", "/sessions"):
        brought = values.token(24)
        if route == "/sessions":
            town.fail_to_sign_in(**{"X-Request-ID": brought})
        else:
            town.fail_to_pay(customer, **{"X-Request-ID": brought})
        event = post.event_about(f"POST {route} has failed")
        assert event.get("transaction") == route, (
            f"POST {route} has failed. The event's `transaction` should be this route, so that all "
            f"its errors are found together. It is {event.get('transaction')!r}."
        )
        tags = dict(event.get("tags") or {})
        assert tags.get("request_id") == brought, (
            f"The failed request had the id {brought!r}, and the event should have it as the tag "
            f"`request_id`. Its tags are {tags}."
        )


def test_an_event_names_the_customer_by_id_alone(town: Town, post: Post) -> None:
    """An event has the customer's id as `user`, nothing else about them, and nobody else's."""
    for customer in (town.customer(), town.customer()):
        town.fail_to_pay(customer)
        event = post.event_about(f"A payment of customer {customer.id} has failed")
        user = event.get("user") or {}
        assert str(user.get("id")) == str(customer.id), (
            f"A payment of customer {customer.id} has failed, and the event's `user` is {user}."
        )
        is_all = set(user) == {"id"}
        assert is_all, (
            f"The event's `user` should have the id and nothing more. It is {user}. Whoever needs "
            "more can look the customer up."
        )
    town.fail_to_sign_in()
    event = post.event_about("A sign-in has failed")
    is_nobody = not any((event.get("user") or {}).values())
    assert is_nobody, (
        "A sign-in has failed, of somebody who was not signed in yet, and the event's `user` is "
        f"{event['user']}: it was left over from another request."
    )


def test_an_event_tells_what_came_before(town: Town, post: Post) -> None:
    """An event has as breadcrumbs what this request has logged, from INFO up, before it failed."""
    customer = town.customer()
    before = town.order(customer)
    town.pay(before, town.signed_in(customer))
    order, _ = town.fail_to_pay(customer)
    event = post.event_about("A payment has failed")
    expected = [f"order {order.id}: asking for {order.amount}", f"order {order.id}: no answer"]
    got = crumbs(event)
    in_order = [message for message in got if message in expected]
    assert in_order == expected, (
        f"Before the payment failed, the bank has logged {expected}, the first with the level INFO "
        f"and the second with ERROR. The event's breadcrumbs are {got}."
    )
    of_others = [message for message in got if f"order {before.id}" in message]
    is_own = not of_others
    assert is_own, (
        f"The event about order {order.id} has breadcrumbs of an earlier request, about order "
        f"{before.id}: {of_others}."
    )
    town.fail_to_sign_in()
    event = post.event_about("A sign-in has failed")
    assert "somebody signs in" in crumbs(event), (
        "Before the sign-in failed, the shop has logged 'somebody signs in' with the level INFO. "
        f"The event's breadcrumbs are {crumbs(event)}."
    )
    of_others = [message for message in crumbs(event) if "order" in message]
    is_own = not of_others
    assert is_own, f"The event about a sign-in has breadcrumbs of other requests: {of_others}."


def test_no_secret_is_sent_to_sentry(town: Town, values: Values, post: Post) -> None:
    """No password, card number or token is in anything that is sent to Sentry."""
    customer, card = town.customer(), town.card()
    password, headers = values.token(14), town.signed_in(customer)
    town.fail_to_pay(customer, card, **headers)
    post.event_about("A payment has failed")
    town.fail_to_sign_in(password)
    post.event_about("A sign-in has failed")
    secrets = {
        "the card number": card,
        "the password": password,
        "the token": headers["Authorization"].split()[1],
    }
    for name, secret in secrets.items():
        for item in (item for envelope in post.envelopes for item in envelope.items):
            text = item.get_bytes().decode("utf-8", "replace")
            found = places(as_object(text) or text, secret)
            is_secret = not found
            assert is_secret, (
                f"Sentry gets {name} of the failed request, in {item.type or 'an item'}: "
                f"{', '.join(found[:3])}{', …' if len(found) > 3 else ''}."
            )


def test_two_failing_orders_are_kept_apart(
    client: Client, town: Town, values: Values, post: Post, log: Log
) -> None:
    """Two orders that fail at once are kept apart: each has its id, customer and breadcrumbs."""
    failing = {}
    requests = []
    for _ in range(2):
        customer, brought = town.customer(), values.token(24)
        order = town.order(customer)
        town.wire.errors[order.id] = town.error()
        failing[brought] = (customer, order)
        requests.append(
            client.build_request(
                "POST",
                f"/orders/{order.id}/payment",
                json={"card_number": town.card()},
                headers=town.signed_in(customer) | {"X-Request-ID": brought},
            )
        )
    town.wire.meeting = Rendezvous(2)
    log.text()
    client.together(*requests)
    at_once = town.wire.meeting.met
    assert at_once, (
        "Two payments were sent at once, and the second did not come to the bank while the first "
        "was there. `bank.charge` blocks: is it called in an `async def`?"
    )
    lines, events = log.lines(), post.new_events()
    for brought, (customer, order) in failing.items():
        about = [line for line in lines if f"order {order.id}" in str(line.get("message"))]
        ids = {line.get("request_id") for line in about}
        is_right = ids == {brought}
        assert is_right, (
            f"Two payments failed at once. The lines about order {order.id} should all have the "
            f"`request_id` {brought!r}. They have {ids or 'no lines'}."
        )
        own = [
            event for event in events if dict(event.get("tags") or {}).get("request_id") == brought
        ]
        is_one = len(own) == 1
        assert is_one, (
            f"Two payments failed at once, and Sentry got {len(events)} events, of which "
            f"{len(own)} have the tag `request_id` {brought!r}; expected one of two."
        )
        user = own[0].get("user") or {}
        assert str(user.get("id")) == str(customer.id), (
            f"Two payments failed at once. The event about order {order.id} should have the user "
            f"{customer.id}. It has {user}."
        )
        others = [message for message in crumbs(own[0]) if f"order {order.id}" not in message]
        mixed = [message for message in others if re.search(r"order \d", message)]
        is_own = not mixed
        assert is_own, (
            f"Two payments failed at once. The event about order {order.id} has breadcrumbs of the "
            f"other one: {mixed}."
        )
