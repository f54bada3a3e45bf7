"""How does FastAPI handle exceptions, and how can you create custom exception handlers?"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import httpx2
import pytest

from checker.suite import Client, Given, Values

AS_JSON = {"Content-Type": "application/json"}
TYPES = "https://bookshop.example/problems"


@dataclass(frozen=True)
class Refusal:
    """A request that the shop refuses, and what its answer should say.

    Attributes:
        request: arguments for `client.request`.
        status: of the answer.
        name: the last part of `type`.
        title: of the problem.
        members: what the document has besides, from the exception.
        headers: what the answer has in its headers, from the exception.
        trouble: what has to be put into `shop.trouble` for it.
    """

    request: dict[str, Any]
    status: int
    name: str
    title: str
    members: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    trouble: dict[str, Exception] = field(default_factory=dict)

    @property
    def asked(self) -> str:
        """The request in a message."""
        return f"{self.request['method']} {self.request['url']}"


class Desk:
    """The shop as a test sees it: made-up books, and requests that are refused."""

    def __init__(self, client: Client, given: Given, values: Values) -> None:
        self.client, self.values = client, values
        self.shop, self.web = given("shop"), given("web")
        self.shop.ids = count(values.integer(1000, 8000))
        books = [
            self.shop.Book(values.isbn(), values.title(), values.integer(20, 60)) for _ in range(3)
        ]
        self.shop.shelf.clear()
        self.shop.shelf.update({book.isbn: book for book in books})
        self.web.staff_key, self.web.realm = values.token(), values.word()
        self.key = {"Authorization": f"Bearer {self.web.staff_key}"}

    def book(self) -> Any:
        """A book on the shelf."""
        return self.values.choice(list(self.shop.shelf.values()))

    def new_order(self) -> dict[str, Any]:
        """An order that the shop takes."""
        return {"isbn": self.book().isbn, "copies": self.values.integer(1, 4)}

    def take(self) -> dict[str, Any]:
        """Order something, and give the answer's order."""
        answer = self.client.post("/orders", json=self.new_order())
        assert answer.status_code == 201
        order: dict[str, Any] = answer.json()
        return order

    def orders(self) -> list[dict[str, Any]]:
        """All the orders, as the staff see them."""
        answer = self.client.get("/orders", headers=self.key)
        assert answer.status_code == 200
        orders: list[dict[str, Any]] = answer.json()
        return orders

    def send(self, refusal: Refusal) -> httpx2.Response:
        """Send a request that is to be refused."""
        self.shop.trouble.clear()
        self.shop.trouble.update(refusal.trouble)
        answer = self.client.request(**refusal.request)
        self.shop.trouble.clear()
        return answer

    def no_such_book(self) -> Refusal:
        """Somebody asks for a book that there is not."""
        isbn = self.values.isbn()
        request = {"method": "GET", "url": f"/books/{isbn}"}
        return Refusal(
            request, 404, "no-such-book", "There is no such book.", members={"isbn": isbn}
        )

    def no_book_to_order(self) -> Refusal:
        """Somebody orders such a book."""
        isbn = self.values.isbn()
        request = {"method": "POST", "url": "/orders", "json": {"isbn": isbn, "copies": 1}}
        return Refusal(
            request, 404, "no-such-book", "There is no such book.", members={"isbn": isbn}
        )

    def no_such_order(self) -> Refusal:
        """Somebody asks for an order that there is not."""
        order_id = self.values.integer(10_000, 99_999)
        request = {"method": "GET", "url": f"/orders/{order_id}"}
        members = {"order_id": order_id}
        return Refusal(request, 404, "no-such-order", "There is no such order.", members)

    def no_order_to_pay(self) -> Refusal:
        """Somebody pays for such an order."""
        order_id = self.values.integer(10_000, 99_999)
        request = self.payment_of(order_id)
        members = {"order_id": order_id}
        return Refusal(request, 404, "no-such-order", "There is no such order.", members)

    def sold_out(self) -> Refusal:
        """Somebody orders more copies than there are."""
        book = self.book()
        order = {"isbn": book.isbn, "copies": book.copies + self.values.integer(1, 9)}
        request = {"method": "POST", "url": "/orders", "json": order}
        members = {"isbn": book.isbn, "left": book.copies}
        return Refusal(request, 409, "sold-out", "There are not enough copies.", members)

    def declined(self) -> Refusal:
        """Somebody pays with a card that the bank declines."""
        order_id = self.take()["id"]
        error = self.shop.CardDeclinedError(order_id, self.values.title())
        return Refusal(
            self.payment_of(order_id),
            402,
            "card-declined",
            "The card was declined.",
            {"order_id": order_id},
            trouble={"charge": error},
        )

    def closed(self, where: str = "open_session") -> Refusal:
        """Somebody comes while the shop is closed."""
        seconds = self.values.integer(60, 9000)
        request: dict[str, Any] = {"method": "GET", "url": f"/books/{self.book().isbn}"}
        if where == "open_session":
            request = {"method": "POST", "url": "/orders", "json": self.new_order()}
        return Refusal(
            request,
            503,
            "closed",
            "The shop is closed.",
            headers={"Retry-After": str(seconds)},
            trouble={where: self.shop.ClosedError(seconds, self.values.title())},
        )

    def payment_of(self, order_id: int) -> dict[str, Any]:
        """A request that pays for an order."""
        card = {"card_number": str(self.values.integer(10**15, 10**16 - 1))}
        return {"method": "POST", "url": f"/orders/{order_id}/payment", "json": card}

    def all_refusals(self) -> Iterator[Refusal]:
        """A refusal of each kind, some from two places."""
        yield self.no_such_book()
        yield self.no_book_to_order()
        yield self.no_such_order()
        yield self.no_order_to_pay()
        yield self.sold_out()
        yield self.declined()
        yield self.closed("open_session")
        yield self.closed("find_book")

    def fail_unexpectedly(self, where: str, error: Exception) -> httpx2.Response:
        """Send a request that fails at some place in the shop with an error."""
        requests: dict[str, dict[str, Any]] = {
            "find_book": {"method": "GET", "url": f"/books/{self.book().isbn}"},
            "find": {"method": "GET", "url": f"/orders/{self.values.integer(1, 99)}"},
            "charge": {},
        }
        request = requests.get(
            where, {"method": "POST", "url": "/orders", "json": self.new_order()}
        )
        request = request or self.payment_of(self.take()["id"])
        return self.send(Refusal(request, 500, "", "", trouble={where: error}))


@pytest.fixture
def desk(client: Client, given: Given, values: Values) -> Desk:
    """The shop, with made-up books."""
    return Desk(client, given, values)


def told(answer: httpx2.Response) -> dict[str, Any]:
    """The object that an error was answered with."""
    document = answer.json()
    is_object = isinstance(document, dict)
    assert is_object, f"A problem document is a JSON object. The answer is {document!r}."
    found: dict[str, Any] = document
    return found


def check_problem(answer: httpx2.Response, status: int, kind: str, title: str) -> None:
    """Check that an answer is a problem document with these three members."""
    assert answer.status_code == status
    declared = answer.headers.get("content-type", "nothing").partition(";")[0]
    asked = f"{answer.request.method} {answer.request.url.path}"
    is_problem = declared == "application/problem+json"
    assert is_problem, (
        f"{asked} answered {status}, declared as {declared}; expected application/problem+json."
    )
    document = told(answer)
    basics = {key: document[key] for key in ("type", "title", "status")}
    assert basics == {"type": kind, "title": title, "status": status}


def check_sentence(answer: httpx2.Response) -> str:
    """Check that an answer has a sentence in `detail`, and give it."""
    detail = told(answer)["detail"]
    is_sentence = isinstance(detail, str) and bool(detail)
    assert is_sentence, f"`detail` should be a sentence. It is {detail!r}."
    return str(detail)


def errors_in(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The errors in the log."""
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


def as_text(record: logging.LogRecord) -> str:
    """A record as a log file would have it, with the traceback."""
    return logging.Formatter().format(record)


def uuid_in(instance: object) -> str:
    """The UUID of a reference; "" when it is none."""
    text = str(instance)
    try:
        return str(UUID(text)) if text.startswith("urn:uuid:") else ""
    except ValueError:
        return ""


def said(records: Sequence[logging.LogRecord]) -> str:
    """The messages of some records, in a message."""
    return "; ".join(f"{record.levelname} {record.getMessage()!r}" for record in records)


@pytest.mark.guard
def test_what_goes_well_stays_as_it_is(client: Client, desk: Desk, values: Values) -> None:
    """Books are shown, orders are taken, read and paid, and the staff see them all, as before."""
    for book in desk.shop.shelf.copy().values():
        answer = client.get(f"/books/{book.isbn}")
        assert answer.status_code == 200
        assert answer.json() == {"isbn": book.isbn, "title": book.title, "copies": book.copies}
        assert "etag" in answer.headers, f"GET /books/{book.isbn} has no ETag any more."
        copies = values.integer(1, 9)
        answer = client.post("/orders", json={"isbn": book.isbn, "copies": copies})
        assert answer.status_code == 201
        order = answer.json()
        assert order == {"id": order["id"], "isbn": book.isbn, "copies": copies, "paid": False}
        assert client.get(f"/books/{book.isbn}").json()["copies"] == book.copies - copies
        answer = client.request(**desk.payment_of(order["id"]))
        assert answer.status_code == 200
        assert answer.json() == order | {"paid": True}
        answer = client.get(f"/orders/{order['id']}")
        assert answer.status_code == 200
        assert answer.json() == order | {"paid": True}
    assert len(desk.orders()) == len(desk.shop.shelf)


@pytest.mark.guard
def test_a_304_has_its_headers_and_no_body(client: Client, desk: Desk) -> None:
    """A 304 has the ETag and no body: it says that all is as the client knows it, and no more."""
    for book in desk.shop.shelf.values():
        etag = client.get(f"/books/{book.isbn}").headers["etag"]
        answer = client.get(f"/books/{book.isbn}", headers={"If-None-Match": etag})
        assert answer.status_code == 304
        is_empty = not answer.content
        assert is_empty, (
            f"The 304 has the body {answer.text!r}. HTTP allows none, and a server may break the "
            "connection off when an app sends one."
        )
        got = answer.headers.get("etag", "nothing")
        is_kept = got == etag
        assert is_kept, (
            f"The exception for the 304 brings ETag: {etag} in its headers. The answer has {got}."
        )


def test_a_refusal_is_a_problem_document(desk: Desk) -> None:
    """Each kind of refusal is a problem document with its own status, type and title."""
    for refusal in desk.all_refusals():
        answer = desk.send(refusal)
        check_problem(answer, refusal.status, f"{TYPES}/{refusal.name}", refusal.title)


def test_a_refusal_says_what_it_is_about(desk: Desk) -> None:
    """A refusal names its book, its order or what is left: in members, and in a sentence."""
    for refusal in desk.all_refusals():
        answer = desk.send(refusal)
        assert answer.status_code == refusal.status
        document = told(answer)
        got = {key: document[key] for key in refusal.members}
        assert got == refusal.members
        detail = check_sentence(answer)
        if refusal.name == "card-declined":
            continue
        for key, value in refusal.members.items():
            is_named = str(value) in detail
            assert is_named, (
                f"{refusal.asked} was refused, and `{key}` is {value!r}. `detail` should name it, "
                f"and is {detail!r}."
            )


def test_what_is_for_colleagues_stays_inside(desk: Desk, values: Values) -> None:
    """No client reads what the bank says, why the shop is closed, or an exception's text."""
    book, order_id = desk.book(), values.integer(10_000, 99_999)
    new = {"method": "POST", "url": "/orders", "json": desk.new_order()}
    refusals = [desk.declined(), desk.closed("open_session"), desk.closed("find_book")]
    for error, status in (
        (desk.shop.NoSuchBookError(book.isbn), 404),
        (desk.shop.NoSuchOrderError(order_id), 404),
        (desk.shop.SoldOutError(book.isbn, book.copies), 409),
    ):
        refusals.append(Refusal(new, status, "", "", trouble={"take": error}))
    for refusal in refusals:
        answer = desk.send(refusal)
        assert answer.status_code == refusal.status
        (error,) = refusal.trouble.values()
        everything = f"{answer.text} {dict(answer.headers)}"
        for secret in (str(error), getattr(error, "reason", str(error))):
            is_inside = secret not in everything
            assert is_inside, (
                f"{refusal.asked} was refused by {type(error).__name__}, and the client reads what "
                f"is meant for colleagues: {secret!r}."
            )


def test_a_closed_shop_says_when_to_come_back(desk: Desk) -> None:
    """A closed shop answers 503 with Retry-After, whether a dependency or an endpoint finds out."""
    for where in ("find_book", "open_session"):
        refusal = desk.closed(where)
        answer = desk.send(refusal)
        assert answer.status_code == 503
        expected = refusal.headers["Retry-After"]
        seconds = answer.headers.get("retry-after", "nothing")
        is_right = seconds == expected
        assert is_right, (
            f"The shop opens again in {expected} seconds. {refusal.asked} answered 503 with "
            f"Retry-After: {seconds}."
        )


def test_the_frameworks_own_errors_have_the_same_form(
    client: Client, desk: Desk, values: Values
) -> None:
    """An unknown path, a wrong method and an unreadable body are problem documents as well."""
    blank = "about:blank"
    for method in ("GET", "POST"):
        answer = client.request(method, f"/{values.word()}")
        check_problem(answer, 404, blank, "Not Found")
        check_sentence(answer)
    for method, path, possible in (
        ("PUT", "/orders", {"GET", "POST"}),
        ("DELETE", f"/books/{desk.book().isbn}", {"GET"}),
        ("GET", f"/orders/{values.integer(1, 99)}/payment", {"POST"}),
    ):
        answer = client.request(method, path)
        check_problem(answer, 405, blank, "Method Not Allowed")
        allowed = {name.strip() for name in answer.headers.get("allow", "").split(",")} - {""}
        names_one = bool(allowed & possible)
        assert names_one, (
            f"{method} {path} answered 405 with Allow: {', '.join(allowed) or 'nothing'}; "
            f"the router allows {' and '.join(sorted(possible))}."
        )
    broken = f'{{"isbn": "{values.isbn()}", "copies": "'.encode() + b'\xff"}'
    answer = client.post("/orders", content=broken, headers=AS_JSON)
    check_problem(answer, 400, blank, "Bad Request")


def test_an_http_error_keeps_its_headers(client: Client, desk: Desk, values: Values) -> None:
    """A 401 is a problem document with its detail, and with its WWW-Authenticate as it was."""
    realm = f'Bearer realm="{desk.web.realm}"'
    for key, detail, expected in (
        ({}, "Show the staff's key.", realm),
        (
            {"Authorization": f"Bearer {values.token()}"},
            "This is not the staff's key.",
            f'{realm}, error="invalid_token"',
        ),
    ):
        answer = client.get("/orders", headers=key)
        check_problem(answer, 401, "about:blank", "Unauthorized")
        assert told(answer)["detail"] == detail
        challenge = answer.headers.get("www-authenticate", "nothing")
        is_kept = challenge == expected
        assert is_kept, (
            f"GET /orders answered 401 with WWW-Authenticate: {challenge}. The exception has "
            f"brought {expected} in its headers."
        )


def test_a_request_that_is_not_valid(client: Client, desk: Desk, values: Values) -> None:
    """A 422 is a problem document, too, and lists what is wrong as `web.errors_of` makes it."""
    isbn, word = desk.book().isbn, values.word()
    for method, path, body, expected in (
        ("POST", "/orders", {}, {("body", "/isbn"), ("body", "/copies")}),
        ("POST", "/orders", {"isbn": isbn, "copies": 0}, {("body", "/copies")}),
        ("POST", "/orders", {"isbn": isbn[1:], "copies": 1}, {("body", "/isbn")}),
        ("POST", f"/orders/{word}/payment", {"card_number": word}, {("path", "order_id")}),
        ("GET", f"/orders/{word}", None, {("path", "order_id")}),
    ):
        answer = client.request(method, path, json=body)
        check_problem(answer, 422, f"{TYPES}/invalid-request", "The request is not valid.")
        errors = told(answer)["errors"]
        places = {(error["location"], error.get("pointer", error.get("name"))) for error in errors}
        assert places == expected
        is_echoed = word in answer.text.replace(path, "")
        assert not is_echoed, f"The answer repeats {word!r}, which the client has sent."


def test_a_new_kind_is_answered_like_the_nearest_one(desk: Desk, values: Values) -> None:
    """A subclass without a row of its own is answered like the nearest class that has one."""
    book, order_id, seconds = desk.book(), values.integer(1, 999), values.integer(60, 9000)
    asked = f"/books/{book.isbn}"
    for parent, arguments, status, name in (
        (desk.shop.SoldOutError, (book.isbn, book.copies), 409, "sold-out"),
        (desk.shop.NoSuchBookError, (book.isbn,), 404, "no-such-book"),
        (desk.shop.NoSuchOrderError, (order_id,), 404, "no-such-order"),
        (desk.shop.CardDeclinedError, (order_id, values.word()), 402, "card-declined"),
        (desk.shop.ClosedError, (seconds, values.word()), 503, "closed"),
    ):
        child = type(f"{values.word().capitalize()}Error", (parent,), {})
        grandchild = type(f"{values.word().capitalize()}Error", (child,), {})
        for kind in (parent, child, grandchild):
            trouble = {"find_book": kind(*arguments)}
            request = {"method": "GET", "url": asked}
            answer = desk.send(Refusal(request, status, name, "", trouble=trouble))
            is_right = answer.status_code == status
            bases = " < ".join(base.__name__ for base in kind.__mro__[:-3])
            assert is_right, (
                f"GET {asked} has met a {kind.__name__} ({bases}) and answered "
                f"{answer.status_code}; expected {status}, as for every {parent.__name__}."
            )
            assert told(answer)["type"] == f"{TYPES}/{name}"


def test_a_refusal_is_no_alarm(
    client: Client, desk: Desk, values: Values, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal puts neither an ERROR nor a traceback into the log: nobody has to get up for it."""
    asked: list[tuple[dict[str, Any], dict[str, Exception], int]] = [
        (refusal.request, refusal.trouble, refusal.status) for refusal in desk.all_refusals()
    ]
    for method, url, status in (
        ("GET", f"/{values.word()}", 404),
        ("PUT", "/orders", 405),
        ("GET", "/orders", 401),
        ("GET", f"/orders/{values.word()}", 422),
    ):
        asked.append(({"method": method, "url": url}, {}, status))
    for request, trouble, status in asked:
        caplog.clear()
        answer = desk.send(Refusal(request, status, "", "", trouble=trouble))
        loud = [
            record
            for record in caplog.records
            if record.levelno >= logging.ERROR or "Traceback" in as_text(record)
        ]
        is_quiet = not loud
        assert is_quiet, (
            f"{request['method']} {request['url']} is refused, as it should be, and the log has an "
            f"alarm all the same: {said(loud)}."
        )
        assert answer.status_code == status


def test_an_unexpected_error_tells_the_client_nothing(desk: Desk, values: Values) -> None:
    """An unexpected error is a 500 that is the same, whatever was raised, but for its reference."""
    kinds: list[type[Exception]] = [
        KeyError,
        ValueError,
        RuntimeError,
        PermissionError,
        TimeoutError,
        AssertionError,
        desk.shop.ShopError,
        type(f"{values.word().capitalize()}Error", (desk.shop.ShopError,), {}),
    ]
    places = ("charge", "find_book", "open_session", "add", "find", "take")
    first = ""
    for number, kind in enumerate(values.shuffled(kinds)):
        secret, where = values.title(), places[number % len(places)]
        answer = desk.fail_unexpectedly(where, kind(secret))
        what = f"`{where}` has raised {kind.__name__}({secret!r})"
        for inside in (secret, kind.__name__):
            is_inside = inside not in f"{answer.text} {dict(answer.headers)}"
            assert is_inside, f"{what}, and the client reads {inside!r}: {answer.text[:300]!r}"
        is_500 = answer.status_code == 500
        assert is_500, (
            f"{what}, which nobody has expected, and the answer is {answer.status_code}; expected "
            "500. Only what the table names has a status of its own."
        )
        check_problem(answer, 500, "about:blank", "Internal Server Error")
        reference = uuid_in(told(answer).get("instance"))
        rest = answer.text.replace(reference, "") if reference else answer.text
        first = first or rest
        is_same = rest == first
        assert is_same, (
            f"{what}. But for the reference, the answer should be that to any other error, "
            f"{first!r}. It is {rest!r}."
        )


def test_the_reference_of_an_error_is_in_the_log(
    desk: Desk, values: Values, caplog: pytest.LogCaptureFixture
) -> None:
    """A 500 has a new reference in `instance`, and one ERROR in the log has it, with traceback."""
    seen: set[str] = set()
    same = RuntimeError(values.title())
    for where, error in (
        ("find_book", KeyError(values.title())),
        ("charge", ConnectionError(values.title())),
        ("open_session", same),
        ("find", same),
    ):
        answer = desk.fail_unexpectedly(where, error)
        assert answer.status_code == 500
        instance = told(answer)["instance"]
        reference = uuid_in(instance)
        is_reference = bool(reference)
        assert is_reference, f"`instance` should be `urn:uuid:` and a UUID. It is {instance!r}."
        is_new = reference not in seen
        assert is_new, f"Two errors have the same reference, {reference}: which one is it about?"
        seen.add(reference)
        errors = errors_in(caplog)
        what = f"`{where}` has raised {type(error).__name__}, the client got {instance}"
        named = [record for record in errors if reference in record.getMessage().lower()]
        is_named = bool(named)
        assert is_named, (
            f"{what}, and no message of level ERROR in the log has this UUID, so nobody can find "
            f"the error. In the log: {said(errors) or 'nothing of level ERROR'}."
        )
        text = as_text(named[0])
        has_traceback = "Traceback" in text and str(error) in text
        assert has_traceback, (
            f"{what}, and the record in the log has no traceback of the error. It ends with "
            f"{text.splitlines()[-1]!r}. In a handler that is a plain `def`, and so runs in "
            "another thread, no exception is being handled; `exc_info` takes the exception itself."
        )
        is_one = len(errors) == 1
        assert is_one, (
            f"{what}, and the log has {len(errors)} records of level ERROR about it: "
            f"{said(errors)}. One is enough: with several, one error looks like many."
        )
        caplog.clear()


def test_a_session_sees_the_error_itself(desk: Desk, values: Values) -> None:
    """When an error ends a request, the session sees that very error, and nothing is stored."""
    taken = desk.take()
    ends = [entry.outcome for entry in desk.shop.journal]
    assert ends == ["stored"], (
        "One order was taken, and the journal should say of its session: stored. It says: "
        f"{', '.join(ends) or 'nothing'}."
    )
    for refusal in (
        desk.sold_out(),
        desk.declined(),
        desk.no_book_to_order(),
        Refusal(
            {"method": "POST", "url": "/orders", "json": desk.new_order()},
            500,
            "",
            "",
            trouble={"take": KeyError(values.title())},
        ),
    ):
        before, since = desk.orders(), len(desk.shop.journal)
        answer = desk.send(refusal)
        assert answer.status_code == refusal.status
        asked = f"{refusal.asked} was answered with {refusal.status}"
        entries = desk.shop.journal[since:]
        is_one = len(entries) == 1
        assert is_one, (
            f"{asked}, and the journal has {len(entries)} entries about its session; expected one. "
            "The code after a `yield` is not reached when an error comes out of it."
        )
        (entry,) = entries
        is_dropped = entry.outcome == "dropped"
        assert is_dropped, (
            f"{asked}, and yet its session was {entry.outcome}, with what was done so far. The "
            "error has to reach the `yield` of the dependency."
        )
        expected = next(iter(refusal.trouble.values()), None)
        is_itself = (
            entry.because is expected
            if expected
            else type(entry.because).__module__ == desk.shop.__name__
        )
        assert is_itself, (
            f"{asked}. What was raised in the shop should come out of the `yield`, and the session "
            f"was dropped because of {entry.because!r}."
        )
        assert desk.orders() == before
    assert taken in desk.orders(), f"The order {taken} was taken, and is not there any more."


def test_a_refusal_at_the_last_moment_is_told(
    desk: Desk, values: Values, caplog: pytest.LogCaptureFixture
) -> None:
    """When the session cannot be stored, the client is told: 409, or 500 for the unexpected."""
    before = desk.orders()
    order = desk.new_order()
    request = {"method": "POST", "url": "/orders", "json": order}
    left = values.integer(1, 99)
    error = desk.shop.SoldOutError(order["isbn"], left)
    answer = desk.send(Refusal(request, 409, "sold-out", "", trouble={"store": error}))
    is_told = answer.status_code == 409
    advice = " When does the code after the `yield` run?" if answer.is_success else ""
    assert is_told, (
        "While the session was stored, it turned out that another customer had been faster. "
        f"POST /orders answered {answer.status_code}, and should have said 409.{advice}"
    )
    document = told(answer)
    got = {key: document[key] for key in ("type", "left")}
    assert got == {"type": f"{TYPES}/sold-out", "left": left}
    caplog.clear()
    trouble: dict[str, Exception] = {"store": OSError(values.title())}
    answer = desk.send(Refusal(request, 500, "", "", trouble=trouble))
    assert answer.status_code == 500
    reference = uuid_in(told(answer)["instance"])
    is_logged = any(reference in record.getMessage().lower() for record in errors_in(caplog))
    assert is_logged, (
        "Storing has failed with OSError, and the log has no ERROR with the reference of the "
        f"answer, {reference or 'which has none'}."
    )
    assert desk.orders() == before
