"""What are FastAPI's performance advantages, and how would you benchmark its performance?"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from typing import Any

import pytest
import uvicorn

from checker.suite import Client, Given, Rendezvous, RendezvousMissed, Values

FOLDER = Path(__file__).parent
CUSTOMERS, REQUESTS = 10, 400
LOCUST_SECONDS = 12


def stock_up(warehouse: Any, values: Values, books: int = 12, copies: int = 9_000) -> list[Any]:
    """Put other books on the shelves of the warehouse."""
    warehouse.books.clear()
    while len(warehouse.books) < books:
        isbn = values.isbn()
        warehouse.books[isbn] = warehouse.Book(isbn, values.title(), copies - len(warehouse.books))
    return list(warehouse.books.values())


@pytest.fixture(autouse=True)
def warehouse(given: Given, values: Values) -> Any:
    """The warehouse, with made-up books, and so near that asking it takes no time."""
    warehouse, invoices = given("warehouse"), given("invoices")
    stock_up(warehouse, values)

    async def at_once(_question: str = "") -> None:
        """Take no time."""

    warehouse.handshake = warehouse.ask = at_once
    invoices.print_pdf = lambda: None
    return warehouse


@pytest.fixture
def invoices(given: Given) -> Any:
    """The given module that writes invoices."""
    return given("invoices")


@pytest.mark.guard
def test_the_shop_answers_as_ever(client: Client, warehouse: Any, values: Values) -> None:
    """The list, the pages and the orders are those of this moment, however fast they come."""
    body: dict[str, Any] = {}
    for _ in range(2):
        books = stock_up(warehouse, values, 4, values.integer(10, 20))
        answer = client.get("/books")
        assert answer.status_code == 200
        assert answer.json() == [
            {"isbn": book.isbn, "title": book.title}
            for book in sorted(books, key=lambda book: str(book.title))
        ]
        book = values.choice(books)
        answer = client.get(f"/books/{book.isbn}")
        assert answer.status_code == 200
        assert answer.json() == {"isbn": book.isbn, "title": book.title, "copies": book.copies}
        body = {"isbn": book.isbn, "copies": book.copies - values.integer(1, 3)}
        answer = client.post("/orders", json=body)
        assert answer.status_code == 201
        order_id = answer.json()["id"]
        invoice = f"INV-{order_id:06}-{len(book.title)}-{body['copies']}"
        assert answer.json() == {"id": order_id, **body, "invoice": invoice}
        left = client.get(f"/books/{book.isbn}").json()["copies"]
        ordered = body["copies"]
        assert left == book.copies - ordered, (
            f"There were {book.copies} copies, {ordered} of them were ordered, and the page should "
            f"show {book.copies - ordered} now. It shows {left}. Whatever makes pages fast, they "
            "show what the warehouse has at this moment."
        )
        assert client.post("/orders", json=body).status_code == 409
    assert client.post("/orders", json=body | {"copies": 0}).status_code == 422
    assert client.post("/orders", json=body | {"isbn": values.isbn()}).status_code == 404
    assert client.get(f"/books/{values.isbn()}").status_code == 404


# The summary.


def sample(at: float, took: float, *, ok: bool = True) -> dict[str, Any]:
    """One request as a load generator saw it."""
    return {"at_ms": at, "took_ms": took, "ok": ok}


def summary_of(client: Client, samples: list[dict[str, Any]], **more: Any) -> Any:
    """Send a run, and give the summary."""
    answer = client.post("/summaries", json={"samples": samples, **more})
    assert answer.status_code == 200
    return answer.json()


def check(summary: Any, about: str, **expected: float | None) -> None:
    """Compare some fields of a summary; a throughput may be rounded."""
    for name, right in expected.items():
        got = summary[name]
        near = 0.01 if name == "throughput" else 1e-6
        is_right = got == (right if right is None else pytest.approx(right, rel=near))
        assert is_right, f"{about} `{name}` should be {shown(right)}, and is {shown(got)}."


def shown(value: Any) -> str:
    """A number as people write it."""
    if value is None:
        return "null"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def test_percentiles_are_times_that_were_measured(client: Client, values: Values) -> None:
    """p95_ms is a time that was measured, and 95 of 100 answers took as long or less."""
    step, size = values.integer(3, 9), values.choice([100, 200])
    long = values.integer(5_000, 9_000)
    times = [step * n for n in range(1, size)] + [long]
    samples = [sample(n, took) for n, took in enumerate(values.shuffled(times))]
    summary = summary_of(client, samples)
    about = (
        f"{size} answers, in no particular order, took {step}, {2 * step}, {3 * step}, … "
        f"{step * (size - 1)} ms, and one took {long} ms."
    )
    half = sorted(times)[size // 2 - 1]
    check(summary, f"{about} Half of them took {half} ms or less.", p50_ms=half)
    most = sorted(times)[size * 95 // 100 - 1]
    check(summary, f"{about} 95 of 100 took {most} ms or less.", p95_ms=most)
    nearly_all = sorted(times)[size * 99 // 100 - 1]
    check(summary, f"{about} 99 of 100 took {nearly_all} ms or less.", p99_ms=nearly_all)
    check(summary, about, slowest_ms=long, requests=size, failed=0)


def test_few_samples_are_enough(client: Client, values: Values) -> None:
    """A summary is right about three answers, about one, and about none at all."""
    fast, middle, slow = sorted(values.sample(range(20, 900), 3))
    samples = [sample(n, took) for n, took in enumerate((middle, slow, fast))]
    about = f"Three answers took {middle}, {slow} and {fast} ms."
    three = {"p50_ms": middle, "p95_ms": slow, "p99_ms": slow, "slowest_ms": slow}
    check(summary_of(client, samples), about, requests=3, **three)
    one = dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "slowest_ms"), middle)
    about = f"The only answer took {middle} ms."
    check(summary_of(client, samples[:1]), about, requests=1, **one)
    none = dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "slowest_ms"))
    about = "There are no samples."
    check(summary_of(client, []), about, requests=0, failed=0, throughput=0, **none)


def test_the_warm_up_is_left_out(client: Client, values: Values) -> None:
    """What began before the end of the warm-up counts nowhere, and its time not either."""
    warm_up = values.integer(2_000, 5_000)
    cold = values.integer(6_000, 7_000)
    took = values.integer(20, 90)
    samples = [sample(n * 100, cold + n) for n in range(5)]
    samples += [sample(warm_up + n * took, took) for n in range(20)]
    summary = summary_of(client, values.shuffled(samples), warm_up_ms=warm_up)
    about = (
        f"The warm-up took {warm_up} ms. Five requests began in it, and their answers came after "
        f"it. From then on 20 requests were sent, one after the other, which took {took} ms each."
    )
    check(summary, about, requests=20, p50_ms=took, p99_ms=took, slowest_ms=took)
    throughput = 1000 / took
    check(summary, f"{about} They are the whole measurement: 20 answers in {20 * took} ms.",
          throughput=throughput)  # fmt: skip


def test_throughput_is_by_the_clock(client: Client, values: Values) -> None:
    """Throughput is good answers per second that went by, however many were asked for at once."""
    at_once, rounds, took = values.integer(4, 9), values.integer(5, 9), values.integer(50, 90)
    samples = [sample(n * took, took) for n in range(rounds) for _ in range(at_once)]
    answers, seconds = len(samples), rounds * took / 1000
    about = (
        f"{at_once} requests at once were sent {rounds} times, and each took {took} ms. So there "
        f"were {answers} answers within {seconds} seconds."
    )
    check(summary_of(client, values.shuffled(samples)), about, throughput=answers / seconds)


def test_failures_are_counted_and_not_timed(client: Client, values: Values) -> None:
    """A failed request is counted in `failed`: it makes neither percentiles nor throughput good."""
    took, good, bad = values.integer(200, 400), values.integer(10, 20), values.integer(30, 40)
    last = values.integer(2, 9) * took
    fates = values.shuffled([True] * good + [False] * bad)
    samples, now = [], 0
    for ok in fates:
        samples.append(sample(now, took if ok else 1, ok=ok))
        now += took if ok else 1
    samples.append(sample(now, last, ok=False))
    summary = summary_of(client, values.shuffled(samples))
    about = (
        f"One after the other, {good} good answers came after {took} ms each, {bad} requests "
        f"failed after 1 ms each, and at the end one failed after {last} ms."
    )
    check(summary, about, failed=bad + 1, requests=good + bad + 1, p50_ms=took, slowest_ms=took)
    seconds = (now + last) / 1000
    about = f"{about} So {good} good answers came within {seconds} seconds."
    check(summary, about, throughput=good / seconds)


# The locustfile. Locust is run once, and what it did is read by five tests.


@dataclass(frozen=True)
class Seen:
    """What Locust has done with the learner's file.

    Attributes:
        requests: each request as Locust counts it: method, path, row, status, planted, error.
        waits: how long its customers waited, in seconds.
        errors: what the file has raised.
        books: the ISBNs that the shop has.
        trouble: what went wrong with the run itself; "" when nothing did.
    """

    books: list[str]
    requests: list[dict[str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    trouble: str = ""

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The requests of one kind: ``list``, ``page`` or ``order``."""
        return [request for request in self.requests if kind_of(request) == kind]


def kind_of(request: dict[str, Any]) -> str:
    """What a request is for."""
    path = request["path"].partition("?")[0]
    if (request["method"], path) == ("GET", "/books"):
        return "list"
    if request["method"] == "GET" and path.startswith("/books/"):
        return "page"
    return "order" if (request["method"], path) == ("POST", "/orders") else "other"


class Mischief:
    """Stands before the app, and now and then gives an answer of its own.

    Every fourth page is the page of another book. Every fourth order is answered as if the book
    were sold out, and every fourth fails.
    """

    def __init__(self, app: Any, books: list[Any]) -> None:
        self.app = app
        self.books = books
        self.pages, self.orders = count(), count()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer in place of the app, or hand the request on to it."""
        planted = self.plant(scope) if scope["type"] == "http" else None
        if planted is None:
            await self.app(scope, receive, send)
            return
        name, status, body = planted
        headers = [(b"content-type", b"application/json"), (b"x-planted", name.encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    def plant(self, scope: Any) -> tuple[str, int, Any] | None:
        """Decide whether to answer, and what."""
        kind = kind_of({"method": scope["method"], "path": scope["path"]})
        if kind == "page" and next(self.pages) % 4 == 1:
            asked = scope["path"].rpartition("/")[2]
            other = next(book for book in self.books if book.isbn != asked)
            return "another book", 200, vars(other)
        turn = next(self.orders) % 4 if kind == "order" else 0
        if turn == 1:
            return "sold out", 409, {"detail": "There are not so many copies."}
        if turn == 3:
            return "failure", 500, {"detail": "Internal Server Error"}
        return None


class Server(uvicorn.Server):
    """Serves an app in a thread, and says when it is up, or will never be."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1
            )
        )
        self.is_settled = Event()

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
def serving(app: Any) -> Iterator[str]:
    """Serve an app with uvicorn, on a port of its own; give the address, "" when it fails."""
    # With the protocol named, asyncio sends each part of an answer at once (TCP_NODELAY).
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(app)
        thread = Thread(target=server.work, args=(listener,), daemon=True)
        thread.start()
        try:
            server.is_settled.wait(LOCUST_SECONDS)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}" if server.started else ""
        finally:
            server.should_exit = True
            thread.join(3)


def run_locust(address: str, folder: Path) -> tuple[dict[str, Any], str]:
    """Run Locust with the learner's file, for a short while; give what it saw, and what it said."""
    report, output = folder / "report.json", folder / "output.txt"
    command = [
        sys.executable, "-m", "locust", "--headless", "--only-summary", "--loglevel", "WARNING",
        "-f", f"{FOLDER / 'locustfile.py'},{FOLDER / 'observer.py'}", "--host", address,
        "--users", str(CUSTOMERS), "--spawn-rate", str(CUSTOMERS),
        "--run-time", f"{LOCUST_SECONDS}s",
    ]  # fmt: skip
    environment = {key: v for key, v in os.environ.items() if not key.startswith("LOCUST_")}
    environment |= {"KATA_REPORT": str(report), "KATA_REQUESTS": str(REQUESTS)}
    with output.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        with suppress(subprocess.TimeoutExpired):
            try:
                process.wait(LOCUST_SECONDS + 3)
            finally:
                end(process)
    said = output.read_text(encoding="utf-8", errors="replace")
    seen = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    return seen, said


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and every process that it has started."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


already_seen: list[Seen] = []


@pytest.fixture
def watch(module: ModuleType, warehouse: Any, tmp_path: Path) -> Callable[[], Seen]:
    """A function that gives what Locust has done with the learner's file, in its one run."""

    def look() -> Seen:
        if not already_seen:
            books = list(warehouse.books.values())
            already_seen.append(watch_locust(module.app, books, tmp_path))
        seen = already_seen[0]
        is_run = not seen.trouble
        assert is_run, seen.trouble
        return seen

    return look


def watch_locust(app: Any, books: list[Any], folder: Path) -> Seen:
    """Let Locust loose on the app."""
    isbns = [book.isbn for book in books]
    with serving(Mischief(app, books)) as address:
        if not address:
            return Seen(isbns, trouble="The app does not start when uvicorn serves it.")
        report, said = run_locust(address, folder)
    requests, errors = report.get("requests", []), report.get("errors", [])
    trouble = ""
    if len(requests) < REQUESTS:
        trouble = (
            f"Locust was run with `locustfile.py`, and its {CUSTOMERS} customers have sent "
            f"{len(requests)} requests. {REQUESTS} should be no trouble within {LOCUST_SECONDS} "
            f"seconds.{complaint(errors, said)}"
        )
    return Seen(isbns, requests, report.get("waits", []), errors, trouble)


def complaint(errors: list[str], said: str) -> str:
    """What Locust has complained about, with the line of the learner's file where it has one."""
    lines = [line.strip() for line in said.splitlines() if "error" in line.lower()]
    words = [re.sub(r"^\[[^]]*\] \S+: ", "", line) for line in (*errors, *lines)]
    words = [line for line in words if line and not line.startswith(("Error report", "# occ"))]
    places = re.findall(r'locustfile\.py", line (\d+)', said)
    where = f" (locustfile.py, line {places[-1]})" if places else ""
    return f" It says: {words[0]}{where}" if words else ""


def some(requests: list[dict[str, Any]]) -> str:
    """Name a few requests by method and path."""
    names = list(dict.fromkeys(f"{request['method']} {request['path']}" for request in requests))
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def test_customers_do_what_customers_do(watch: Callable[[], Seen]) -> None:
    """Of ten requests that Locust sends, about six open a page, three the list, one orders."""
    seen = watch()
    shares = {
        kind: round(100 * len(seen.of(kind)) / len(seen.requests))
        for kind in ("page", "list", "order")
    }
    others = seen.of("other")
    is_known = not others
    assert is_known, f"Locust has sent requests that no customer sends: {some(others)}."
    wanted = {"page": (45, 75), "list": (16, 44), "order": (3, 20)}
    is_alike = all(low <= shares[kind] <= high for kind, (low, high) in wanted.items())
    assert is_alike, (
        f"Locust has sent {len(seen.requests)} requests: {shares['page']} of 100 opened a page, "
        f"{shares['list']} the list, and {shares['order']} were orders. It should be about 60, "
        "30 and 10, as in the shop."
    )
    taken = [request for request in seen.of("order") if request["status"] == 201]
    is_taken = bool(taken)
    assert is_taken, (
        f"Locust has sent {len(seen.of('order'))} orders, and not one was answered with 201. "
        f"Their statuses: {sorted({request['status'] for request in seen.of('order')})}."
    )


def test_customers_take_their_time(watch: Callable[[], Seen]) -> None:
    """Between two things a customer waits for 1 to 3 seconds, now shorter and now longer."""
    seen = watch()
    shortest, longest = min(seen.waits, default=0), max(seen.waits, default=0)
    is_human = 1 <= shortest <= longest <= 3
    assert is_human, (
        "Locust's customers should wait 1 to 3 seconds between two things that they do. They have "
        f"waited between {shortest:.2f} and {longest:.2f} seconds. Customers who never wait are "
        "no customers, and ten of them load the API like hundreds."
    )
    varies = longest - shortest > 0.5
    assert varies, (
        f"Locust's customers have always waited about {longest:.2f} seconds, so that they all come "
        "in step. They should wait now shorter, now longer."
    )


def test_each_route_is_one_row(watch: Callable[[], Seen]) -> None:
    """In Locust's statistics all pages are one row, whichever book; so are list and orders."""
    seen = watch()
    rows = {kind: {r["row"] for r in seen.of(kind)} for kind in ("page", "list", "order")}
    for kind, what in (("page", "pages of books"), ("list", "the list"), ("order", "orders")):
        is_one = len(rows[kind]) == 1
        assert is_one, (
            f"Locust's statistics have {len(rows[kind])} rows for {what}: "
            f"{', '.join(sorted(rows[kind])[:3]) or 'none'}{', …' if len(rows[kind]) > 3 else ''}. "
            "There should be one: percentiles of a few answers each say little, and they cannot "
            "be added up afterwards."
        )
    is_apart = not rows["page"] & rows["list"]
    assert is_apart, (
        f"Locust's statistics have pages and the list in the same row, {rows['page'].pop()!r}. "
        "They should have a row each: one may be slow and the other one fast."
    )


def test_the_right_books_are_opened(watch: Callable[[], Seen]) -> None:
    """Customers open books that the list has, and not always the same."""
    seen = watch()
    opened = {request["path"].rpartition("/")[2] for request in seen.of("page")}
    strange = sorted(opened - set(seen.books))
    is_known = not strange
    assert is_known, (
        f"Locust's customers have opened {strange[0]}, and the shop has no such book: another "
        "shop has other books, and a 404 is answered much faster than a page. `GET /books` says "
        "which there are."
    )
    least = len(seen.books) // 2
    is_varied = len(opened) >= least
    assert is_varied, (
        f"The list has {len(seen.books)} books, and in {len(seen.of('page'))} requests Locust's "
        f"customers have opened {len(opened)} of them. They should open many, as real ones do: "
        "the same book again and again is found in every cache."
    )


def test_wrong_answers_are_failures(watch: Callable[[], Seen]) -> None:
    """A page of another book is a failure for Locust, a book that is sold out is none."""
    seen = watch()
    wrong = planted(seen, "another book")
    unnoticed = [request for request in wrong if not request["error"]]
    is_noticed = not unnoticed
    assert is_noticed, (
        "The suite has put some answers in place of the app's: pages with status 200 and the wrong "
        f"book in them. Locust counted {len(unnoticed)} of {len(wrong)} as good. A fast answer "
        "that is wrong is a failure."
    )
    sold_out = planted(seen, "sold out")
    blamed = [request for request in sold_out if request["error"]]
    is_fair = not blamed
    assert is_fair, (
        f"Locust counted {len(blamed)} of {len(sold_out)} orders as failures that were answered "
        "with 409. The book was sold out, so that was the right answer."
    )
    failed = planted(seen, "failure")
    unnoticed = [request for request in failed if not request["error"]]
    is_noticed = not unnoticed
    assert is_noticed, (
        f"Locust counted {len(unnoticed)} of {len(failed)} orders as good that were answered with "
        "500."
    )
    good = [request for request in planted(seen, "") if request["status"] in (200, 201)]
    blamed = [request for request in good if request["error"]]
    is_fair = not blamed
    assert is_fair, (
        f"Locust counted {len(blamed)} of {len(good)} good answers as failures, to {some(blamed)}. "
        f"It said: {blamed[0]['error'] if blamed else ''!r}."
    )


def planted(seen: Seen, what: str) -> list[dict[str, Any]]:
    """The requests that the suite has answered in a certain way; "" for those that it has not."""
    found = [request for request in seen.requests if request["planted"] == what]
    answers = {"another book": "the page of another book", "sold out": "409", "failure": "500"}
    raised = f" It has raised {seen.errors[0]}." if seen.errors else ""
    is_counted = bool(found)
    assert is_counted, (
        "Among the requests that Locust has counted, none was answered with "
        f"{answers.get(what, 'what the app says')}. Whatever `locustfile.py` asks for must be "
        f"counted, also when it fails.{raised}"
    )
    return found


# The slow spots.


def test_one_link_serves_all(client: Client, warehouse: Any, values: Values) -> None:
    """The link to the warehouse is opened once, and serves pages, the list and orders."""
    isbns = list(warehouse.books)
    asked = 0
    for isbn in values.sample(isbns, values.integer(3, 6)):
        assert client.get(f"/books/{isbn}").status_code == 200
        assert client.get("/books").status_code == 200
        assert client.post("/orders", json={"isbn": isbn, "copies": 1}).status_code == 201
        asked += 3
    opened = len(warehouse.links)
    assert opened == 1, (
        f"{asked} requests were answered one after the other, and {opened} links to the warehouse "
        "were opened for them. One should serve them all: opening a link takes longer than "
        "everything that is asked through it."
    )


def test_first_requests_share_the_link(client: Client, warehouse: Any) -> None:
    """When the very first requests come at once, there is still one link, and not one for each."""
    both_open = Rendezvous(2)

    async def handshake() -> None:
        with suppress(RendezvousMissed):
            await both_open.arrive()

    warehouse.handshake = handshake
    requests = [client.build_request("GET", f"/books/{isbn}") for isbn in warehouse.books][:2]
    statuses = [answer.status_code for answer in client.together(*requests)]
    assert statuses == [200, 200]
    opened = len(warehouse.links)
    assert opened == 1, (
        f"The first two requests came at once, and {opened} links to the warehouse were opened. "
        "Opening takes a while, and the second request came meanwhile. There should be one link."
    )


def test_the_link_lives_as_long_as_the_app(client: Client, warehouse: Any) -> None:
    """The link stays open between requests, and is closed when the app stops."""
    for isbn in list(warehouse.books)[:2]:
        assert client.get(f"/books/{isbn}").status_code == 200
        still_open = sum(link.is_open for link in warehouse.links)
        assert still_open >= 1, (
            f"`GET /books/{isbn}` was answered, and afterwards no link to the warehouse is open. "
            "One should stay open for the next request."
        )
    client.stop()
    left_open = sum(link.is_open for link in warehouse.links)
    assert left_open == 0, (
        "The app was stopped. Of the links to the warehouse that it has opened, "
        f"{left_open} is still open. It should close what it opens."
    )


def test_nobody_waits_for_an_invoice(client: Client, warehouse: Any, invoices: Any) -> None:
    """While an invoice is written, the list is answered, and another invoice is written."""
    isbns = list(warehouse.books)
    orders = [
        client.build_request("POST", "/orders", json={"isbn": isbn, "copies": 1})
        for isbn in isbns[:2]
    ]
    meeting = Rendezvous(2)
    invoices.print_pdf = meeting.arrive_blocking

    async def ask(question: str) -> None:
        if question == "all_books":
            await meeting.arrive()

    warehouse.ask = ask
    answers = client.together(orders[0], client.build_request("GET", "/books"))
    assert meeting.met, (
        "An order and `GET /books` were sent at once, and the list had to wait until the invoice "
        f"of the order was written. {told(answers)} `invoices.write` blocks: in an `async def` "
        "nothing else is done meanwhile, for anybody."
    )
    meeting = Rendezvous(2)
    invoices.print_pdf = meeting.arrive_blocking
    answers = client.together(*orders)
    assert meeting.met, (
        "Two orders were sent at once, and the second invoice was not begun before the first was "
        f"written. {told(answers)} Any number of invoices can be written at once."
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201, 201]


def told(answers: list[Any]) -> str:
    """How some requests were answered."""
    parts = [f"{a.request.method} {a.request.url.path}: {a.status_code}" for a in answers]
    return f"The answers: {', '.join(parts)}."
