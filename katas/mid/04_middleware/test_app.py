"""How do you implement dependency injection and middleware in FastAPI?"""

import logging
import re
import traceback
from collections.abc import AsyncIterator, Iterator, Sequence
from types import ModuleType
from typing import Any

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from checker.suite import (
    Client,
    Given,
    MakeClient,
    Rendezvous,
    RendezvousMissed,
    Values,
    openapi,
)

LOCALES = ("en", "de", "fr")
GOOD_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@pytest.fixture(autouse=True)
def clean_logging() -> Iterator[None]:
    """Take back what an app changes in the logging of this process."""
    factory, root = logging.getLogRecordFactory(), logging.getLogger()
    filters = list(root.filters)
    yield
    logging.setLogRecordFactory(factory)
    root.filters[:] = filters
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "bookshop":
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.filters.clear()
            logger.disabled, logger.propagate = False, True
            logger.setLevel(logging.NOTSET)


class Clock:
    """A clock that stands still until somebody works."""

    def __init__(self, values: Values) -> None:
        self.seconds = float(values.integer(1000, 9999))

    def now(self) -> float:
        """The time on it."""
        return self.seconds

    def pass_(self, seconds: float) -> None:
        """Let the time pass that a work takes."""
        self.seconds += seconds


class Doorman:
    """Takes his time, and then says whether the shop is open."""

    def __init__(self, clock: Clock, values: Values) -> None:
        self.takes = values.integer(10, 400) / 1000
        self.open = True
        self.error: Exception | None = None
        self._clock = clock

    def is_open(self) -> bool:
        """Say so, or fail if he is told to."""
        self._clock.pass_(self.takes)
        if self.error:
            raise self.error
        return self.open


class Tap:
    """Stands where the server stands, and sees what the app sends.

    Attributes:
        answers: how many answers it has begun.
        parts: how many parts of the body it has sent.
        ended: whether it has said that the body is whole.
        error: what it has raised.
    """

    def __init__(self, module: ModuleType) -> None:
        self.answers = 0
        self.parts = 0
        self.ended = False
        self.error: Exception | None = None
        self._app = module.app.middleware_stack
        module.app.middleware_stack = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers += 1
            elif message["type"] == "http.response.body":
                self.parts += bool(message.get("body"))
                self.ended = not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            self.error = error
            raise
        if not self.ended:
            await send({"type": "http.response.body"})


class Wire:
    """A wire to a warehouse with made-up books.

    Attributes:
        takes: the seconds that counting takes.
        stock: the copies of each book.
        asked: the book and the request id of each question.
        text: the lines of the export.
        tap: what sees the app send; None when nobody looks.
        sent: how many parts the app had sent when each line was about to be given.
        error: what it fails with; None when it works.
        breaks_after: how many lines the export gives before it fails.
        meeting: where a question waits for another one.
    """

    def __init__(self, clock: Clock, values: Values) -> None:
        self.takes = values.integer(500, 900) / 1000
        self.stock = {
            number: values.integer(1, 500) for number in values.sample(range(100, 1000), 4)
        }
        self.asked: list[tuple[int, str]] = []
        self.text = [f"{values.isbn()},{values.integer(0, 99)}\n" for _ in range(6)]
        self.tap: Tap | None = None
        self.sent: list[int] = []
        self.error: Exception | None = None
        self.breaks_after: int | None = None
        self.meeting = Rendezvous(parties=1)
        self._clock = clock

    async def count(self, book_id: int, request_id: str) -> int | None:
        """Answer a question, or fail."""
        self.asked.append((book_id, request_id))
        self._clock.pass_(self.takes)
        try:
            await self.meeting.arrive()
        except RendezvousMissed:
            return 0
        if self.error:
            raise self.error
        return self.stock.get(book_id)

    async def lines(self) -> AsyncIterator[str]:
        """Give the lines, or some of them and then fail."""
        for number, line in enumerate(self.text):
            if self.error and number == self.breaks_after:
                raise self.error
            self.sent.append(self.tap.parts if self.tap else 0)
            yield line


class Shop:
    """The given modules of one app, with things of the suite's own put into them."""

    def __init__(self, given: Given, values: Values) -> None:
        self.clock = Clock(values)
        self.doorman = Doorman(self.clock, values)
        self.wire = Wire(self.clock, values)
        given("clock").source = self.clock.now
        given("gate").doorman = self.doorman
        given("warehouse").wire = self.wire
        self.languages = given("languages")
        for texts in self.languages.TEXTS.values():
            texts.update({name: values.title() for name in texts})
        self.logs = given("logs")
        self.book = values.choice(list(self.wire.stock))
        self.unknown_book = values.integer(1000, 9999)
        self.error = given("warehouse").WarehouseError(f"out of order {values.token()}")

    def say(self, text: str, locale: str) -> str:
        """A text of the shop."""
        return str(self.languages.TEXTS[locale][text])

    def logged(self, words: str = "") -> list[tuple[str, Any]]:
        """What was logged with these words in it: the line, and the id that it carries."""
        found = [(record.getMessage(), record) for record in self.logs.records]
        return [
            (f"{record.name}: {line}", getattr(record, "request_id", None))
            for line, record in found
            if words in line
        ]


@pytest.fixture
def shop(given: Given, values: Values) -> Shop:
    """The given modules, ready for the suite."""
    return Shop(given, values)


def id_of(answer: httpx2.Response) -> str:
    """The id that an answer carries."""
    found = answer.headers.get_list("x-request-id")
    assert found, (
        f"{asked(answer)} was answered with {answer.status_code}, without the header X-Request-ID."
    )
    assert len(found) == 1, (
        f"{asked(answer)} was answered with {len(found)} headers X-Request-ID, not one: {found}"
    )
    return str(found[0])


def time_of(answer: httpx2.Response) -> float:
    """The seconds that an answer says it took."""
    text = answer.headers.get("x-process-time")
    assert text is not None, (
        f"{asked(answer)} was answered with {answer.status_code}, without the header "
        "X-Process-Time."
    )
    try:
        return float(text)
    except ValueError:
        raise AssertionError(
            f"X-Process-Time should be a number of seconds; it is {text!r}."
        ) from None


def check_time(answer: httpx2.Response, seconds: float) -> None:
    """Check that an answer says how many seconds it took."""
    off = abs(time_of(answer) - seconds)
    assert off < 0.002, (
        f"{asked(answer)} was answered with {answer.status_code} and "
        f"X-Process-Time: {answer.headers['x-process-time']}. On the shop's clock, {seconds:.3f} "
        "seconds passed until the answer began."
    )


def asked(answer: httpx2.Response) -> str:
    """A request in words."""
    return f"{answer.request.method} {answer.request.url.raw_path.decode()}"


def accept(values: Values, locale: str) -> dict[str, str]:
    """The header of a reader who likes one locale best, as browsers send it."""
    others = [f"{other};q=0.{values.integer(1, 8)}" for other in LOCALES if other != locale]
    return {"Accept-Language": ", ".join([f"{locale}-{values.choice(['XX', 'YY'])}", *others])}


def check_language(answer: httpx2.Response, locale: str) -> None:
    """Check that an answer says in which language it is, and what it depends on."""
    said = answer.headers.get("content-language", "nothing")
    assert said == locale, f"{asked(answer)} should say Content-Language: {locale}. It says {said}."
    varies = [name.strip().lower() for name in answer.headers.get("vary", "").split(",")]
    assert "accept-language" in varies, (
        f"{asked(answer)} should say Vary: Accept-Language, so that a cache keeps the languages "
        "apart."
    )


def test_a_reader_is_greeted_in_their_language(client: Client, shop: Shop, values: Values) -> None:
    """GET /greeting answers in the language that the reader likes best, and says which it is."""
    for locale in values.shuffled(LOCALES):
        answer = client.get("/greeting", headers=accept(values, locale))
        assert answer.status_code == 200
        assert answer.json() == {"greeting": shop.say("greeting", locale)}
        check_language(answer, locale)
    unknown = f"{values.choice(['tlh', 'nds'])}, x-{values.word()};q=0.9"
    for headers in ({"Accept-Language": unknown}, {"Accept-Language": ""}, {}):
        answer = client.get("/greeting", headers=headers)
        assert answer.status_code == 200
        assert answer.json() == {"greeting": shop.say("greeting", "en")}


def test_the_stock_is_told(client: Client, shop: Shop, values: Values) -> None:
    """GET /stock/{book_id} answers with the copies and a note, or 404 for an unknown book."""
    sold_out, *others = shop.wire.stock
    shop.wire.stock[sold_out] = 0
    for book, words in ((others[0], "in stock"), (sold_out, "sold out")):
        for locale in values.sample(LOCALES, 2):
            answer = client.get(f"/stock/{book}", headers=accept(values, locale))
            assert answer.status_code == 200
            note = shop.say(words, locale)
            copies = shop.wire.stock[book]
            assert answer.json() == {"book_id": book, "copies": copies, "note": note}
            check_language(answer, locale)
    answer = client.get(f"/stock/{shop.unknown_book}")
    assert answer.status_code == 404


def test_the_locale_is_injected(
    client: Client, module: ModuleType, shop: Shop, values: Values
) -> None:
    """Both answers take their locale from `get_locale`, which is documented and replaceable."""
    get_locale = getattr(module, "get_locale", None)
    assert callable(get_locale), "app.py should have a dependency named `get_locale`."
    document = client.get("/openapi.json").json()
    for path in ("/greeting", "/stock/{book_id}"):
        found = {
            name.lower(): one for name, one in openapi.parameters(document, "GET", path).items()
        }
        assert "accept-language" in found, (
            f"GET {path} is documented without the header Accept-Language; it has "
            f"{', '.join(found) or 'no parameters'}. FastAPI documents what a dependency declares "
            "as a parameter."
        )
        needed = found["accept-language"].get("required", False)
        assert not needed, f"GET {path} is documented as if it needed Accept-Language."
    locale, other = values.sample(LOCALES, 2)
    module.app.dependency_overrides[get_locale] = lambda: locale
    answer = client.get("/greeting", headers=accept(values, other))
    text = shop.say("greeting", locale)
    assert text in answer.text, (
        f"`get_locale` was replaced by one that gives {locale!r}, and GET /greeting did not answer "
        f"with that greeting ({text!r})."
    )
    answer = client.get(f"/stock/{shop.book}", headers=accept(values, other))
    text = shop.say("in stock", locale)
    assert text in answer.text, (
        f"`get_locale` was replaced by one that gives {locale!r}, and GET /stock/{shop.book} did "
        f"not answer with that note ({text!r})."
    )


def test_each_request_gets_an_id_of_its_own(client: Client, make_client: MakeClient) -> None:
    """Every answer carries an X-Request-ID that no other request has, on no other server either."""
    paths = ("/greeting", "/greeting", "/stock.csv")
    ids = [id_of(client.get(path)) for path in paths]
    for one in ids:
        assert GOOD_ID.fullmatch(one), (
            f"A new id should have 1 to 64 letters, digits, `.`, `_` and `-`. It is {one!r}."
        )
    assert len(set(ids)) == len(ids), f"Three requests got the ids {ids}."
    second = make_client()
    again = [id_of(second.get(path)) for path in paths]
    shared = set(ids) & set(again)
    assert not shared, (
        f"The app was started afresh, and gave an id again: {', '.join(shared)}. A search in the "
        "log would find two requests."
    )


def test_a_callers_id_is_passed_on(client: Client, shop: Shop, values: Values) -> None:
    """A request that brings an X-Request-ID keeps it."""
    several = "".join(values.shuffled(["a", "Z", "0", "9", "-", "_", "."]))
    for sent in (values.token(20), values.token(64), values.token(1), several):
        for path in ("/greeting", f"/stock/{shop.book}"):
            answer = client.get(path, headers={"X-Request-ID": sent})
            assert id_of(answer) == sent


def test_a_strange_id_is_replaced(client: Client, values: Values) -> None:
    """An X-Request-ID that is too long, empty or has other characters is not taken over."""
    word = values.word()
    strange = [
        values.token(65),
        values.token(3000),
        "",
        f"{word} {word}",
        f"{word}/../{word}",
        f"{word}\t{word}",
        f"<b>{word}</b>",
        f"{word};level=ERROR",
        f"{word}é",
        f"{word}²",
    ]
    for sent in values.shuffled(strange):
        answer = client.get("/greeting", headers={b"X-Request-ID": sent.encode("latin-1")})
        got = id_of(answer)
        shown = sent if len(sent) < 100 else f"{sent[:20]}… ({len(sent)} characters)"
        assert got != sent, (
            f"The id {shown!r} was taken over. It has to be 1 to 64 letters, digits, `.`, `_` and "
            "`-`, because it gets into every log line."
        )
        assert GOOD_ID.fullmatch(got), (
            f"The id {shown!r} was sent; the request should get a wholly new one. It got {got!r}."
        )


def test_the_handler_knows_the_id(client: Client, shop: Shop, values: Values) -> None:
    """GET /stock/{book_id} asks the warehouse under the id that its answer carries."""
    for headers in ({}, {"X-Request-ID": values.token()}):
        shop.wire.asked.clear()
        answer = client.get(f"/stock/{shop.book}", headers=headers)
        assert shop.wire.asked, f"GET /stock/{shop.book} did not ask the warehouse."
        assert shop.wire.asked == [(shop.book, id_of(answer))]


def test_log_records_carry_the_id(client: Client, shop: Shop, values: Values) -> None:
    """Every log record has the id of its request as `request_id`, and `-` outside of requests."""
    shop.logs.records.clear()
    answer = client.get(f"/stock/{shop.book}")
    assert answer.status_code == 200
    check_records(shop.logged(), asked(answer), id_of(answer))
    shop.logs.records.clear()
    answer = client.get("/stock.csv", headers={"X-Request-ID": values.token()})
    assert answer.status_code == 200
    check_records(shop.logged(), asked(answer), id_of(answer))
    shop.logs.records.clear()
    shop.doorman.open = False
    answer = client.get("/greeting")
    check_records(shop.logged(), f"{asked(answer)} at a closed gate", id_of(answer))
    shop.logs.records.clear()
    words = values.title()
    log_outside(f"bookshop.{values.word()}", words)
    found = shop.logged(words)
    assert found, (
        "A record that was logged outside of any request did not reach the handler of the log."
    )
    assert found[0][1] == "-", (
        f"A record was logged outside of any request, and its `request_id` is {found[0][1]!r}. "
        "It should be '-'."
    )


def check_records(found: Sequence[tuple[str, Any]], request: str, request_id: str) -> None:
    """Check that what was logged during a request carries its id."""
    assert found, f"{request} logged nothing, where a given module logs something."
    for line, its_id in found:
        assert its_id == request_id, f"{request} was answered under the id {request_id!r}. " + (
            f"The log record {line!r} has no `request_id`."
            if its_id is None
            else f"The log record {line!r} has the `request_id` {its_id!r}."
        )


def log_outside(name: str, words: str) -> None:
    """Log something outside of any request."""
    try:
        logging.getLogger(name).info(words)
    except Exception as error:
        raise AssertionError(
            "A record was logged outside of any request, as at start-up, and the app's own code "
            f"for the log failed: {type(error).__name__}: {error}"
        ) from error


def test_errors_carry_the_id(client: Client, shop: Shop, values: Values) -> None:
    """A 404, a 405 and a 422 carry the id as well."""
    for method, path, status in (
        ("GET", f"/{values.word()}", 404),
        ("GET", f"/stock/{shop.unknown_book}", 404),
        ("DELETE", "/greeting", 405),
        ("GET", f"/stock/{values.word()}", 422),
    ):
        sent = values.token()
        answer = client.request(method, path, headers={"X-Request-ID": sent})
        assert answer.status_code == status
        assert id_of(answer) == sent


def test_the_gate_turns_requests_away(client: Client, shop: Shop, values: Values) -> None:
    """While the shop is closed every path answers 503, and this answer carries the id, too."""
    shop.doorman.open = False
    for path in ("/greeting", f"/stock/{shop.book}", f"/{values.word()}"):
        sent = values.token()
        answer = client.get(path, headers={"X-Request-ID": sent})
        assert answer.status_code == 503
        assert id_of(answer) == sent
        assert answer.headers.get("retry-after") == "3600", (
            "The 503 should be the one of the given `Gate`, which says Retry-After: 3600."
        )
    assert not shop.wire.asked, "The shop is closed, and yet the warehouse was asked."


def test_the_time_is_measured(client: Client, shop: Shop, values: Values) -> None:
    """Every answer says in X-Process-Time how long it took, also a 503 and a 500."""
    doorman, wire = shop.doorman, shop.wire
    time_of(client.get(f"/{values.word()}"))
    check_time(client.get("/greeting"), doorman.takes)
    check_time(client.get("/stock.csv"), doorman.takes)
    check_time(client.get(f"/stock/{shop.book}"), doorman.takes + wire.takes)
    check_time(client.get(f"/stock/{shop.unknown_book}"), doorman.takes + wire.takes)
    check_time(client.get(f"/stock/{values.word()}"), doorman.takes)
    wire.error = shop.error
    check_time(client.get(f"/stock/{shop.book}"), doorman.takes + wire.takes)
    doorman.open = False
    check_time(client.get("/greeting"), doorman.takes)


def test_an_unexpected_error_carries_the_id(client: Client, shop: Shop, values: Values) -> None:
    """An unexpected error is a 500 that carries the id, and is logged under this id."""
    for path, culprit in ((f"/stock/{shop.book}", shop.wire), ("/greeting", shop.doorman)):
        culprit.error = shop.error
        for headers in ({}, {"X-Request-ID": values.token()}):
            shop.logs.records.clear()
            answer = client.get(path, headers=headers)
            assert answer.status_code == 500
            got = id_of(answer)
            assert got == headers.get("X-Request-ID", got)
            check_error_is_logged(shop, answer, got)
            told = str(shop.error) in answer.text
            assert not told, f"{asked(answer)} tells the client what broke: {answer.text!r}"
        culprit.error = None


def check_error_is_logged(shop: Shop, answer: httpx2.Response, request_id: str) -> None:
    """Check that the error of a request is in the log, with its traceback and its id."""
    errors = [record for record in shop.logs.records if record.levelno >= logging.ERROR]
    found = [
        getattr(record, "request_id", None)
        for record in errors
        if record.exc_info
        and str(shop.error) in "".join(traceback.format_exception(record.exc_info[1]))
    ]
    with_level = f" There are {len(errors)} records of this level without it." if errors else ""
    assert found, (
        f"{asked(answer)} failed with an unexpected error, and no logger of the shop has a record "
        f"at level ERROR with the exception in it.{with_level}"
    )
    assert found[0] == request_id, (
        f"{asked(answer)} was answered under the id {request_id!r}. The record of its error has "
        f"the `request_id` {found[0]!r}."
    )


def test_the_export_is_streamed(
    client: Client, module: ModuleType, shop: Shop, values: Values
) -> None:
    """GET /stock.csv sends each line of the CSV as soon as it is there, under an id."""
    shop.wire.tap = Tap(module)
    sent = values.token()
    answer: Any = client.get("/stock.csv", headers={"X-Request-ID": sent})
    assert answer.status_code == 200
    assert answer.text.splitlines() == "".join(shop.wire.text).splitlines()
    kind = answer.headers.get("content-type", "nothing").partition(";")[0]
    assert kind == "text/csv", f"The export is declared as {kind}; expected text/csv."
    assert id_of(answer) == sent
    assert len(answer.chunks) == len(shop.wire.text), (
        f"The warehouse gave {len(shop.wire.text)} lines, and the app sent them in "
        f"{len(answer.chunks)} part(s): something collects the lines instead of sending each."
    )
    for given, gone in enumerate(shop.wire.sent):
        assert gone >= given - 1, (
            f"The warehouse had given {given} lines, and the app had sent {gone} of them: "
            "something collects the lines instead of sending each."
        )


def test_a_broken_export_is_not_ended(
    client: Client, module: ModuleType, shop: Shop, values: Values
) -> None:
    """When the export breaks, what has begun is neither ended nor answered again, but logged."""
    tap = Tap(module)
    shop.wire.error, shop.wire.breaks_after = shop.error, values.integer(2, 4)
    before = [line.encode() for line in shop.wire.text[: shop.wire.breaks_after]]
    sent = values.token()
    answer: Any = client.get("/stock.csv", headers={"X-Request-ID": sent})
    assert answer.status_code in (200, 500)
    broke = f"The export broke after {len(before)} lines"
    assert answer.status_code == 200, (
        f"{broke}, and the app answered 500: it had not begun to send, so something collects the "
        "lines."
    )
    assert answer.chunks == before
    assert id_of(answer) == sent
    assert not tap.ended, (
        f"{broke}, and the app ended its answer as if it were whole (`more_body` is false), so "
        "the client takes a part of the stock for all of it. `BaseHTTPMiddleware`, which is also "
        'behind `@app.middleware("http")`, does this when the app behind it fails. A plain ASGI '
        "middleware lets the error pass."
    )
    assert tap.answers == 1, (
        f"{broke}, and the app began a second answer on top of the first. What has begun can only "
        "be broken off."
    )
    raised = "".join(traceback.format_exception(tap.error)) if tap.error else "nothing"
    assert str(shop.error) in raised, (
        f"{broke}, and the error did not reach the server, which has to cut the connection then. "
        f"What reached it: {raised.strip().splitlines()[-1]}"
    )
    check_error_is_logged(shop, answer, sent)


def test_two_requests_at_once_do_not_mix(client: Client, shop: Shop, values: Values) -> None:
    """Two requests in flight at once keep their ids and their locales apart."""
    shop.wire.meeting = Rendezvous(parties=2)
    ids = [values.token(), values.token()]
    books, locales = values.sample(list(shop.wire.stock), 2), values.sample(LOCALES, 2)
    requests = [
        client.build_request(
            "GET", f"/stock/{book}", headers={"X-Request-ID": one, **accept(values, locale)}
        )
        for one, book, locale in zip(ids, books, locales, strict=True)
    ]
    answers = client.together(*requests)
    assert shop.wire.meeting.arrived, "GET /stock/{book_id} did not ask the warehouse."
    assert shop.wire.meeting.met, (
        "Two requests were sent at once, and the second one was not begun before the first was "
        "done: something blocks the event loop."
    )
    for answer, sent, book, locale in zip(answers, ids, books, locales, strict=True):
        assert answer.status_code == 200
        assert id_of(answer) == sent
        assert answer.json()["note"] == shop.say("in stock", locale), (
            f"{asked(answer)} should be answered in its own language, {locale!r}."
        )
        under = {one for number, one in shop.wire.asked if number == book}
        others = under & set(ids) - {sent}
        assert not others, f"{asked(answer)} asked the warehouse under the id of the other request."
        check_records(shop.logged(f"book {book}"), asked(answer), sent)
