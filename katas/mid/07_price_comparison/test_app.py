"""How do you implement asynchronous routes and background tasks in FastAPI?"""

import asyncio
import threading
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from types import ModuleType
from typing import Any, NamedTuple, Protocol

import httpx2
import pytest

from checker.suite import Client, Given, Rendezvous, RendezvousMissed, Values

SUPPLIERS: tuple[str, ...] = ("harbour", "mill", "archive")
IN_VAIN = 0.5
"""How many seconds something waits that a right answer never lets wait so long."""


class Call(NamedTuple):
    """A question to a supplier."""

    supplier: str
    isbn: str


class Wait(Protocol):
    """What a supplier waits for before it answers."""

    async def wait(self, call: Call, /) -> None:
        """Let others work meanwhile."""

    def wait_blocking(self, call: Call, /) -> None:
        """Block the thread meanwhile."""


class Meeting:
    """Waits until all three suppliers are being asked."""

    def __init__(self) -> None:
        self.rendezvous = Rendezvous(parties=3, seconds=IN_VAIN)

    async def wait(self, _call: Call) -> None:
        """Meet the others, or give up."""
        with suppress(RendezvousMissed):
            await self.rendezvous.arrive()

    def wait_blocking(self, _call: Call) -> None:
        """Meet the others, or give up."""
        with suppress(RendezvousMissed):
            self.rendezvous.arrive_blocking()


class Never:
    """Waits for ever, until it is cut off; gives up in the end, so that the test can say so.

    Attributes:
        gave_up: whether nobody has cut it off.
        cancelled: whether a call was cancelled.
    """

    def __init__(self) -> None:
        self.gave_up = False
        self.cancelled = threading.Event()
        self._over = threading.Event()

    async def wait(self, _call: Call) -> None:
        """Wait until the call is cancelled."""
        try:
            async with asyncio.timeout(0 if self.gave_up else IN_VAIN):
                await asyncio.Event().wait()
        except TimeoutError:
            self.gave_up = True
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    def wait_blocking(self, _call: Call) -> None:
        """Wait until the test is over: a thread cannot be cancelled."""
        self.gave_up = not self._over.wait(0 if self.gave_up else IN_VAIN)

    def end(self) -> None:
        """Let waiting threads go."""
        self._over.set()


class AfterTheFailure:
    """Waits until another supplier has failed, and some turns of the event loop more."""

    def __init__(self) -> None:
        self.failed = threading.Event()

    async def wait(self, _call: Call) -> None:
        """Let others work for some turns."""
        for _ in range(50):
            await asyncio.sleep(0)

    def wait_blocking(self, _call: Call) -> None:
        """Block until the other has failed, unless it is asked later."""
        self.failed.wait(0.1)


class Hold:
    """Blocks whoever works on one book until the test lets him go on, or gives up.

    Attributes:
        begun: whether somebody has come.
        moved: set when somebody has come, or when the request is done without that.
        gave_up: whether he was not let go in time.
        released: set when he may go on.
    """

    def __init__(self, isbn: str) -> None:
        self.isbn = isbn
        self.begun = False
        self.moved = threading.Event()
        self.gave_up = False
        self.released = threading.Event()

    async def wait(self, _call: Call) -> None:
        """Do not wait: it is for what blocks."""

    def wait_blocking(self, call: Call) -> None:
        """Block, if it is about this book."""
        if call.isbn == self.isbn:
            self.begun = True
            self.moved.set()
            self.gave_up = not self.released.wait(IN_VAIN)


class Line:
    """A line to suppliers with made-up prices.

    Attributes:
        prices: what each supplier asks for; None when it does not have the book.
        errors: what a supplier fails with.
        waits: what a supplier waits for before it answers.
        calls: each question.
        story: what happened, in order.
    """

    def __init__(self, values: Values) -> None:
        self.prices: dict[str, Decimal | None] = {
            "harbour": Decimal(values.price(40, 60)),
            "mill": Decimal(values.price(10, 30)),
            "archive": Decimal(values.price(5, 8)),
        }
        self.errors: dict[str, Any] = {}
        self.waits: dict[str, Wait] = {}
        self.calls: list[Call] = []
        self.story: list[str] = []

    async def ask(self, supplier: str, isbn: str) -> Decimal | None:
        """Wait for what there is to wait for, and answer or fail."""
        call = self._begin(supplier, isbn)
        if supplier in self.waits:
            await self.waits[supplier].wait(call)
        return self._answer(supplier)

    def ask_blocking(self, supplier: str, isbn: str) -> Decimal | None:
        """Do the same, and block the thread meanwhile."""
        call = self._begin(supplier, isbn)
        if supplier in self.waits:
            self.waits[supplier].wait_blocking(call)
        return self._answer(supplier)

    def _begin(self, supplier: str, isbn: str) -> Call:
        call = Call(supplier, isbn)
        self.calls.append(call)
        self.story.append(f"{supplier} asked")
        return call

    def _answer(self, supplier: str) -> Decimal | None:
        if supplier in self.errors:
            self.story.append(f"{supplier} failed")
            for wait in self.waits.values():
                if isinstance(wait, AfterTheFailure):
                    wait.failed.set()
            raise self.errors[supplier]
        self.story.append(f"{supplier} answered")
        return self.prices[supplier]


class Written(NamedTuple):
    """An entry of the ledger, and whether the answer had been sent when it was written."""

    isbn: str
    prices: dict[str, str]
    after_the_answer: bool


class Pen:
    """Writes the ledger, and notes what had been sent by then.

    Attributes:
        entries: what was written.
        answered: the paths whose answers were sent to their end, for a test that looks.
        hold: what blocks the writing, if anything does.
    """

    def __init__(self) -> None:
        self.entries: list[Written] = []
        self.answered: set[str] = set()
        self.hold: Hold | None = None

    def write(self, entry: Any) -> None:
        """Write one entry."""
        after = f"/prices/{entry.isbn}" in self.answered
        if self.hold:
            self.hold.wait_blocking(Call("", entry.isbn))
        prices = {supplier: str(price) for supplier, price in entry.prices.items()}
        self.entries.append(Written(entry.isbn, prices, after))

    def watch(self, module: ModuleType) -> None:
        """Stand where the server stands, and see when answers are sent to their end."""
        app = module.app.middleware_stack

        async def watched(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            async def see(message: MutableMapping[str, Any]) -> None:
                await send(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    self.answered.add(scope["path"])

            await app(scope, receive, see)

        module.app.middleware_stack = watched


class Shop:
    """The given modules of one app, with a line and a pen of the suite's own put into them."""

    def __init__(self, given: Given, values: Values) -> None:
        self.suppliers = given("suppliers")
        self.suppliers.patience_seconds = 4.0
        self.suppliers.line = self.line = Line(values)
        given("ledger").pen = self.pen = Pen()
        self.error = self.suppliers.SupplierError(f"closed {values.token()}")
        self.nevers: list[Never] = []

    def slow(self, *suppliers: str) -> Never:
        """Let some suppliers wait for ever from now on, and all others answer at once."""
        self.nevers.append(never := Never())
        wait: Wait = never
        self.line.waits = dict.fromkeys(suppliers, wait)
        self.line.story.clear()
        return never

    def comparison(self, isbn: str, **missing: str) -> dict[str, Any]:
        """What a comparison should be, but for the suppliers that are missing for a reason."""
        found = [(price, name) for name, price in self.line.prices.items() if name not in missing]
        offers = sorted((price, name) for price, name in found if price is not None)
        return {
            "isbn": isbn,
            "offers": [{"supplier": name, "price": str(price)} for price, name in offers],
            "missing": in_order(
                [{"supplier": name, "reason": reason} for name, reason in missing.items()]
                + [{"supplier": n, "reason": "not stocked"} for price, n in found if price is None]
            ),
        }


@pytest.fixture
def shop(given: Given, values: Values) -> Iterator[Shop]:
    """The given modules, ready for the suite."""
    place = Shop(given, values)
    yield place
    for never in place.nevers:
        never.end()


def in_order(missing: Any) -> list[Any]:
    """The missing suppliers in an order that can be compared."""
    is_list = isinstance(missing, list)
    assert is_list, f"`missing` should be a list. It is {missing!r}."
    return sorted(missing, key=lambda one: str(one["supplier"]))


def comparison_in(answer: httpx2.Response) -> dict[str, Any]:
    """The comparison that an answer holds, its missing suppliers in order."""
    found: dict[str, Any] = answer.json()
    return found | {"missing": in_order(found["missing"])}


@pytest.mark.guard
def test_three_suppliers_are_compared(client: Client, shop: Shop, values: Values) -> None:
    """GET /prices/{isbn} answers with the offers of all suppliers, the cheapest first."""
    prices = list(shop.line.prices.values())
    for arrangement in (prices, values.shuffled(prices)):
        shop.line.prices = dict(zip(SUPPLIERS, arrangement, strict=True))
        shop.line.calls.clear()
        isbn = values.isbn()
        answer = client.get(f"/prices/{isbn}")
        assert answer.status_code == 200
        assert comparison_in(answer) == shop.comparison(isbn)
        asked = sorted(shop.line.calls)
        assert asked == sorted(Call(name, isbn) for name in SUPPLIERS), (
            f"Each supplier should be asked once about this book. Asked were: "
            f"{', '.join(call.supplier for call in asked) or 'none'}."
        )


@pytest.mark.guard
def test_a_supplier_without_the_book_is_reported(
    client: Client, shop: Shop, values: Values
) -> None:
    """A supplier that does not have the book is reported as "not stocked", beside the offers."""
    without = values.shuffled(SUPPLIERS)
    for number in (1, 2, 3):
        shop.line.prices[without[number - 1]] = None
        isbn = values.isbn()
        answer = client.get(f"/prices/{isbn}")
        assert answer.status_code == 200
        assert comparison_in(answer) == shop.comparison(isbn)


def check_failures(client: Client, shop: Shop, values: Values, *errors: Exception) -> None:
    """Let each supplier fail with each error, while the others are still being asked."""
    for error in errors:
        for broken in values.shuffled(SUPPLIERS):
            others = [name for name in SUPPLIERS if name != broken]
            shop.line.errors = {broken: error}
            wait: Wait = AfterTheFailure()
            shop.line.waits = dict.fromkeys(others, wait)
            isbn = values.isbn()
            answer = client.get(f"/prices/{isbn}")
            failed = f"{broken} failed here, with a {type(error).__name__}"
            is_answered = answer.status_code == 200
            assert is_answered, (
                f"{failed}, and the answer is {answer.status_code}. The others have answered, or "
                "would have if they had been asked: expected a 200 with their offers."
            )
            found, expected = comparison_in(answer), shop.comparison(isbn, **{broken: "failed"})
            assert found["missing"] == expected["missing"], (
                f"{failed}. It alone should be missing, as failed. `missing` is {found['missing']}."
            )
            assert found == expected


def test_a_failing_supplier_is_reported(client: Client, shop: Shop, values: Values) -> None:
    """A supplier that fails is reported as "failed", and the others are asked to the end."""
    check_failures(client, shop, values, shop.error)


def test_whatever_a_supplier_raises_is_its_own(client: Client, shop: Shop, values: Values) -> None:
    """Any other exception of a supplier is "failed", too: a lost connection, a wrong answer."""
    words = values.token()
    check_failures(client, shop, values, ConnectionResetError(words), KeyError(words))


def test_three_suppliers_are_asked_at_once(client: Client, shop: Shop, values: Values) -> None:
    """All three suppliers are being asked at the same time, so the slowest alone costs time."""
    meeting = Meeting()
    wait: Wait = meeting
    shop.line.waits = dict.fromkeys(SUPPLIERS, wait)
    isbn = values.isbn()
    answer = client.get(f"/prices/{isbn}")
    assert meeting.rendezvous.arrived, "GET /prices/{isbn} asked no supplier."
    assert meeting.rendezvous.met, (
        "Here the suppliers answer at once if all three are being asked, and late if not. They "
        f"were asked one after the other: {', '.join(shop.line.story)}."
    )
    assert answer.status_code == 200
    assert comparison_in(answer) == shop.comparison(isbn)


class Meanwhile(NamedTuple):
    """Two requests, of which the second was sent while the first was held.

    Attributes:
        was_held: whether the first got so far that it was held.
        was_done: whether the app was done with it already when the second was answered.
        first: the answer to the first.
        second: the answer to the second.
    """

    was_held: bool
    was_done: bool
    first: httpx2.Response
    second: httpx2.Response


def ask_meanwhile(client: Client, hold: Hold, isbn: str) -> Meanwhile:
    """Ask for the held book, and for another one when the first is held."""
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.get, f"/prices/{hold.isbn}")
        first.add_done_callback(lambda _: hold.moved.set())
        hold.moved.wait()
        second = client.get(f"/prices/{isbn}")
        was_done = first.done()
        hold.released.set()
        return Meanwhile(hold.begun, was_done, first.result(), second)


def test_others_are_served_while_archive_is_asked(
    client: Client, shop: Shop, values: Values
) -> None:
    """While archive blocks its thread for one buyer, another buyer is served."""
    one, other = values.isbn(), values.isbn()
    shop.line.waits["archive"] = hold = Hold(one)
    requests = ask_meanwhile(client, hold, other)
    assert requests.was_held, "GET /prices/{isbn} did not ask archive."
    was_served = not hold.gave_up
    assert was_served, (
        "While archive was asked for one buyer, another buyer's request was not served until "
        "archive had answered: the call blocks the event loop, on which all requests run."
    )
    for answer, isbn in ((requests.first, one), (requests.second, other)):
        assert answer.status_code == 200
        assert comparison_in(answer) == shop.comparison(isbn)


class Patience(NamedTuple):
    """One comparison with slow suppliers.

    Attributes:
        seconds: the shop's patience.
        took: the seconds until the answer was there.
        gave_up: whether a slow supplier was not cut off.
        answer: the answer.
        never: what the slow suppliers waited for.
    """

    seconds: float
    took: float
    answer: httpx2.Response
    never: Never

    @property
    def was_right(self) -> bool:
        """Whether the buyer was answered, and waited about as long as the patience lasts."""
        in_time = 0.8 < self.took / self.seconds < 1.8
        return in_time and self.answer.status_code == 200


def ask_with_patience(client: Client, shop: Shop, values: Values, *slow: str) -> Patience:
    """Ask for a comparison while some suppliers never answer, and check it.

    A machine that is busy with other things may be late: only what is wrong with more patience,
    too, is the app's fault. An app that does not cut a supplier off has no second try.
    """
    isbn = values.isbn()
    expected = shop.comparison(isbn, **dict.fromkeys(slow, "too slow"))
    for seconds in (0.06, 0.15, 0.25):
        shop.suppliers.patience_seconds = seconds
        never = shop.slow(*slow)
        began = time.perf_counter()
        answer = client.get(f"/prices/{isbn}")
        tried = Patience(seconds, time.perf_counter() - began, answer, never)
        if never.gave_up or (tried.was_right and comparison_in(answer) == expected):
            break
    check_patience(tried, " and ".join(slow))
    assert comparison_in(tried.answer) == expected
    return tried


def check_patience(tried: Patience, slow: str) -> None:
    """Check that slow suppliers were cut off, and in time."""
    never = f"{slow} never answered here, and the patience was {tried.seconds} seconds"
    was_cut_off = not tried.never.gave_up
    assert was_cut_off, (
        f"{never}. GET /prices/{{isbn}} did not cut anything off, and still waited after "
        f"{IN_VAIN} seconds."
    )
    is_answered = tried.answer.status_code == 200
    assert is_answered, (
        f"{never}. The answer is {tried.answer.status_code}; expected a 200 with what the others "
        "have offered, who answered at once."
    )
    was_patient = tried.took > 0.8 * tried.seconds
    assert was_patient, (
        f"{never}. The answer came after {tried.took:.2f} seconds already: a supplier has all of "
        "the patience to answer in."
    )
    was_quick = tried.took < 1.8 * tried.seconds
    assert was_quick, (
        f"{never}. A buyer waits for that once, however many suppliers are slow, and here the "
        f"answer came after {tried.took:.2f} seconds."
    )


def test_a_slow_supplier_is_cut_off(client: Client, shop: Shop, values: Values) -> None:
    """A supplier that is too slow is reported, and the call is cancelled."""
    for slow in ("harbour", "mill"):
        tried = ask_with_patience(client, shop, values, slow)
        was_cancelled = tried.never.cancelled.wait(IN_VAIN)
        assert was_cancelled, (
            f"{slow} was reported as too slow, and its call was not cancelled: it goes on, "
            "although nobody waits for its answer any more."
        )


def test_the_buyer_waits_once(client: Client, shop: Shop, values: Values) -> None:
    """When two suppliers are too slow, the buyer waits as long as for one."""
    ask_with_patience(client, shop, values, "harbour", "mill")


def test_a_slow_archive_is_not_waited_for(client: Client, shop: Shop, values: Values) -> None:
    """When archive is too slow, it is reported, and its thread is left to itself."""
    ask_with_patience(client, shop, values, "archive")


def test_no_answer_at_all_is_a_502(client: Client, shop: Shop, values: Values) -> None:
    """When each supplier fails or is too slow, the answer is 502, and nothing is written."""
    shop.line.errors = dict.fromkeys(SUPPLIERS, shop.error)
    answer = client.get(f"/prices/{values.isbn()}")
    assert answer.status_code == 502
    slow = values.choice(("harbour", "mill"))
    broken = [name for name in SUPPLIERS if name != slow]
    shop.suppliers.patience_seconds = 0.05
    shop.line.errors = dict.fromkeys(broken, shop.error)
    never = shop.slow(slow)
    answer = client.get(f"/prices/{values.isbn()}")
    was_cut_off = not never.gave_up
    assert was_cut_off, (
        f"{slow} never answered here, and the patience was 0.05 seconds. GET /prices/{{isbn}} did "
        f"not cut it off, and still waited after {IN_VAIN} seconds."
    )
    assert answer.status_code == 502
    written = len(shop.pen.entries)
    assert written == 0, (
        f"No supplier has answered, and {written} entries are in the ledger all the same."
    )
    isbn = values.isbn()
    shop.line.waits.clear()
    shop.line.prices[slow] = None
    shop.line.errors = dict.fromkeys(broken, ConnectionResetError(values.token()))
    answer = client.get(f"/prices/{isbn}")
    assert answer.status_code == 200, (
        f'{slow} has answered, with "not stocked", and the answer is {answer.status_code}.'
    )
    assert comparison_in(answer) == shop.comparison(isbn, **dict.fromkeys(broken, "failed"))


def test_the_ledger_is_written_after_the_answer(
    client: Client, module: ModuleType, shop: Shop, values: Values
) -> None:
    """After the answer is sent, the comparison is written in the ledger, once."""
    shop.pen.watch(module)
    missing = values.shuffled(SUPPLIERS)
    expected = []
    for number in range(4):
        if number:
            shop.line.prices[missing[number - 1]] = None
        isbn = values.isbn()
        answer = client.get(f"/prices/{isbn}")
        assert answer.status_code == 200
        offers = answer.json()["offers"]
        expected.append((isbn, {offer["supplier"]: offer["price"] for offer in offers}))
        written = [(entry.isbn, entry.prices) for entry in shop.pen.entries]
        assert written == expected, (
            f"{number + 1} comparisons were answered, and the ledger should have an entry for "
            f"each, with the prices of its offers."
        )
        was_after = shop.pen.entries[-1].after_the_answer
        assert was_after, (
            "The ledger was written first, and then the answer was sent: the buyer had to wait "
            "for something that no buyer needs."
        )


def test_others_are_served_while_the_ledger_is_written(
    client: Client, shop: Shop, values: Values
) -> None:
    """While the ledger is written for one buyer, others are served; then the request is done."""
    one, other = values.isbn(), values.isbn()
    shop.pen.hold = hold = Hold(one)
    requests = ask_meanwhile(client, hold, other)
    assert requests.was_held, "GET /prices/{isbn} did not write in the ledger."
    was_served = not hold.gave_up
    assert was_served, (
        "While the ledger was written for one buyer, another buyer's request was not served: "
        "`ledger.write` blocks the event loop, on which all requests run."
    )
    was_waited_for = not requests.was_done
    assert was_waited_for, (
        "While the ledger was still being written, the app was done with the request. A server "
        "that is stopped now does not wait, and the entry is lost."
    )
    for answer in (requests.first, requests.second):
        assert answer.status_code == 200
    written = sorted(entry.isbn for entry in shop.pen.entries)
    assert written == sorted([one, other])
