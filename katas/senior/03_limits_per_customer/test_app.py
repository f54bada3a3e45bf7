"""How do you implement rate limiting and throttling in FastAPI?"""

import os
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from checker.suite import Client, Gateway, Given, MakeClient, Values

MINUTE = 60
PATIENCE = 2.0
"""How many seconds an answer may take while Redis is silent: twice what the contract says."""


class Clock:
    """Lets time pass for `time.time` and for the expiry of whatever is in Redis.

    A minute of the clock has just begun, so that also windows that begin with a minute last.
    """

    def __init__(self, redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        seconds, nanoseconds = time.time, time.time_ns
        self._redis = redis
        self._ahead = MINUTE - seconds() % MINUTE + 0.25
        monkeypatch.setattr(time, "time", lambda: seconds() + self._ahead)
        monkeypatch.setattr(time, "time_ns", lambda: nanoseconds() + int(self._ahead * 1e9))

    def move(self, seconds: int) -> None:
        """Let some seconds pass."""
        self._ahead += seconds
        for key in list(self._redis.scan_iter()):
            left = self._redis.pttl(key) - seconds * 1000
            if left > 0:
                self._redis.pexpire(key, left)
            elif left + seconds * 1000 >= 0:  # a negative number says that the key has no expiry
                self._redis.delete(key)


@dataclass(frozen=True)
class Person:
    """A customer, with API keys and limits."""

    id: int
    name: str
    keys: list[str]
    searches: int
    vouchers: int

    @property
    def headers(self) -> dict[str, str]:
        """What this customer sends with a request."""
        return {"X-API-Key": self.keys[0]}


class Silence:
    """A Redis that takes every connection and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def end(self) -> None:
        """Hang up, also on those who are still waiting to be taken."""
        self._listener.settimeout(0.01)
        while True:
            try:
                self._listener.accept()[0].close()
            except OSError:
                break
        self._listener.close()


@pytest.fixture(autouse=True)
def clock(redis: Any, monkeypatch: pytest.MonkeyPatch) -> Clock | None:
    """The time; without Redis there is nothing to let pass."""
    return None if redis is None else Clock(redis, monkeypatch)


@pytest.fixture
def gateway(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A way to Redis that can be shut; apps made from now on go this way."""
    with Gateway(os.environ["REDIS_URL"]) as gateway:
        monkeypatch.setenv("REDIS_URL", gateway.url)
        yield gateway


def person(values: Values, least: int = 2, most: int = 5, keys: int = 1) -> Person:
    """Make up a customer, whose two limits differ."""
    searches, vouchers = values.sample(range(least, most + 1), 2)
    identity = values.integer(100, 999_999_999)
    return Person(
        identity, values.name(), [values.token() for _ in range(keys)], searches, vouchers
    )


def register(given: Given, *people: Person, visitors: int | None = None) -> Any:
    """Put customers into the register of the app that was started last; gives its `shop`."""
    shop = given("shop")
    for one in people:
        customer = shop.Customer(one.id, one.name, one.searches, one.vouchers)
        shop.register.customers.update(dict.fromkeys(one.keys, customer))
    if visitors is not None:
        shop.register.visitor_searches = visitors
    return shop


def other_visitors(values: Values, count: int) -> list[str]:
    """Some addresses in the internet, each different."""
    return [f"203.0.113.{number}" for number in values.sample(range(1, 255), count)]


def search(client: Client, headers: Any = None, q: str = "Quixote") -> httpx2.Response:
    """Search for books."""
    return client.get("/books", params={"q": q}, headers=headers)


def redeem(client: Client, code: str, who: Person) -> httpx2.Response:
    """Try a voucher."""
    return client.post(f"/vouchers/{code}", headers=who.headers)


def assert_served(answer: httpx2.Response, why: str) -> None:
    """A search that must be served."""
    assert answer.status_code == 200, f"This search had to be served: {why}."


def assert_refused(answer: httpx2.Response, why: str) -> None:
    """A request that must be refused, because the limit is used up."""
    assert answer.status_code == 429, f"This had to be refused: {why}."


def use_up_searches(client: Client, limit: int, headers: Any = None, who: str = "") -> None:
    """Search as often as the limit allows, each time for something else."""
    for number in range(1, limit + 1):
        answer = search(client, headers, "a" * number)
        assert_served(answer, f"it was number {number} of {limit} in this minute{who}")


def retry_after(answer: httpx2.Response) -> int:
    """After how many seconds an answer says that one may come again."""
    text = answer.headers.get("retry-after", "")
    assert re.fullmatch("[0-9]+", text), (
        f"Retry-After of this {int(answer.status_code)} must be a whole number of seconds; "
        + (f"it is {text!r}." if text else "there is none.")
    )
    return int(text)


def assert_announced(answer: httpx2.Response, limit: int, left: int) -> None:
    """What an answer must say about the limit, and about what is left of it."""
    for header, expected, what in (
        ("X-RateLimit-Limit", limit, "the limit for this route"),
        ("X-RateLimit-Remaining", left, "what is left"),
    ):
        told = answer.headers.get(header, "missing")
        assert told == str(expected), (
            f"{header} of this {int(answer.status_code)} must be {expected}, {what}; it is {told}."
        )


def test_good_answers_tell_the_limit(client: Client, given: Given, values: Values) -> None:
    """A good answer tells the customer's limit, and how much of it is left."""
    reader = person(values)
    shop = register(given, reader)
    word, code = values.choice(list(shop.books.values())).split()[-1], values.token()
    shop.vouchers[code] = value = Decimal(values.price())
    answer = search(client, reader.headers, word)
    assert answer.status_code == 200
    found = [{"isbn": isbn, "title": title} for isbn, title in shop.search(word).items()]
    assert answer.json() == found
    assert_announced(answer, reader.searches, reader.searches - 1)
    answer = search(client, reader.headers)
    assert_announced(answer, reader.searches, reader.searches - 2)
    answer = redeem(client, code, reader)
    assert answer.json() == {"code": code, "value": str(value)}
    assert_announced(answer, reader.vouchers, reader.vouchers - 1)


def test_one_search_too_many_is_refused(client: Client, given: Given, values: Values) -> None:
    """One search too many is a 429, with Retry-After, the limit, and 0 left."""
    reader = person(values)
    register(given, reader)
    use_up_searches(client, reader.searches, reader.headers)
    answer = search(client, reader.headers)
    assert_refused(answer, f"{reader.searches} searches a minute are this customer's limit")
    assert_announced(answer, reader.searches, 0)
    seconds = retry_after(answer)
    assert 1 <= seconds <= MINUTE + 1, (
        f"Retry-After says {seconds} seconds, and the minute is over in {MINUTE} at the latest."
    )


def test_each_customer_has_limits_of_their_own(
    client: Client, given: Given, values: Values
) -> None:
    """Each customer has limits as agreed, and a key that nobody has is still a 401."""
    low, high = person(values, 2, 4), person(values, 5, 8)
    register(given, low, high)
    for one in values.shuffled([low, high]):
        use_up_searches(client, one.searches, one.headers, " by this customer")
        assert_refused(search(client, one.headers), f"{one.searches} are this customer's limit")
    assert_served(search(client), "it is a visitor's first, and only two customers have searched")
    stranger, code = {"X-API-Key": values.token()}, values.token()
    for answer in (
        search(client, stranger),
        client.post(f"/vouchers/{code}", headers=stranger),
        client.post(f"/vouchers/{code}"),
    ):
        assert answer.status_code == 401
        told = answer.headers.get("www-authenticate")
        assert told == "APIKey", f"A 401 keeps its WWW-Authenticate, APIKey; here it is {told}."


def test_all_keys_of_a_customer_count_together(
    client: Client, redis: Any, given: Given, values: Values
) -> None:
    """A customer's keys share one limit, and none of them is written to Redis."""
    chain = person(values, 3, 6, keys=2)
    register(given, chain)
    front, till = ({"X-API-Key": key} for key in chain.keys)
    use_up_searches(client, chain.searches - 1, front)
    assert_served(search(client, till), f"{chain.searches} are allowed, with whichever key")
    for headers in (front, till):
        assert_refused(
            search(client, headers), f"{chain.searches} are allowed, with both keys together"
        )
    names = b" ".join(redis.keys()).decode(errors="replace")
    assert not any(key in names for key in chain.keys), (
        "An API key stands in the name of what is kept in Redis. "
        "It is as secret as a password, so count under the customer's id."
    )


def test_each_route_is_counted_by_itself(
    client: Client, clock: Clock, given: Given, values: Values
) -> None:
    """Searches and vouchers are counted apart, and health not at all."""
    reader, code = person(values), values.token()
    register(given, reader)
    use_up_searches(client, reader.searches, reader.headers)
    assert_refused(
        search(client, reader.headers), f"{reader.searches} searches in a minute are the limit"
    )
    answer = redeem(client, code, reader)
    assert answer.status_code == 404, "Whoever has used up the searches may still try a voucher."
    clock.move(MINUTE + 1)
    for _ in range(reader.vouchers):
        redeem(client, code, reader)
    assert_refused(
        redeem(client, code, reader), f"{reader.vouchers} vouchers in a minute are the limit"
    )
    assert_served(search(client, reader.headers), "only the vouchers are used up")
    for _ in range(12):
        answer = client.get("/health", headers=reader.headers)
        assert answer.status_code == 200
        assert answer.json() == {"status": "alive"}


def test_wrong_codes_count(client: Client, given: Given, values: Values) -> None:
    """Wrong codes count as well, and a voucher that is refused stays good."""
    guesser = person(values)
    shop = register(given, guesser)
    code = values.token()
    shop.vouchers[code] = Decimal(values.price())
    for _ in range(guesser.vouchers):
        answer = redeem(client, values.token(), guesser)
        assert answer.status_code == 404
    answer = redeem(client, code, guesser)
    assert_refused(
        answer,
        f"{guesser.vouchers} other codes were tried in this minute, and that is the limit. "
        "Whoever guesses takes a new code each time",
    )
    assert code in shop.vouchers, "The voucher was refused with 429, and yet it is redeemed."


def test_visitors_are_counted_by_address(
    make_client: MakeClient, given: Given, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each visitor has a limit, by the address that the shop's proxy has seen."""
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1")
    client, limit = make_client(), values.choice([2, 3, 5, 6])
    register(given, visitors=limit)
    for address in other_visitors(values, 2):
        headers = {"X-Forwarded-For": address}
        use_up_searches(client, limit, headers, f" by the visitor at {address}")
        assert_refused(search(client, headers), f"{address} has made {limit} searches")


def test_a_forged_address_changes_nothing(client: Client, given: Given, values: Values) -> None:
    """A forged address changes nothing when it came through no trusted proxy."""
    limit = values.choice([2, 3, 5, 6])
    register(given, visitors=limit)
    names = "X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "X-Client-IP", "True-Client-IP"
    forged = [
        {**dict.fromkeys(names, address), "Forwarded": f"for={address}"}
        for address in other_visitors(values, limit + 1)
    ]
    for headers in forged[:-1]:
        assert_served(search(client, headers), f"a visitor has {limit} in a minute")
    assert_refused(
        search(client, forged[-1]),
        f"the same visitor has made {limit} searches already, each with another forged address. "
        "TRUSTED_PROXIES is not set, so nobody may say where a request came from",
    )


def test_only_what_proxies_wrote_is_believed(
    make_client: MakeClient, given: Given, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind two proxies only what they have seen counts, not what was forged."""
    inner = f"10.{values.integer(0, 255)}.{values.integer(0, 255)}.{values.integer(1, 254)}"
    monkeypatch.setenv("TRUSTED_PROXIES", f"{inner},127.0.0.1")
    client, limit = make_client(), values.choice([2, 3, 5, 6])
    register(given, visitors=limit)
    visitor, other, *forged = other_visitors(values, limit + 4)
    for number, address in enumerate(forged):
        # A proxy may append to what came, or add a line of its own below it.
        lines = (
            [f"{address}, {visitor}, {inner}"] if number % 2 else [address, f"{visitor},{inner}"]
        )
        answer = search(client, [("X-Forwarded-For", line) for line in lines])
        where = f"{visitor} has sent it, whatever they have written into X-Forwarded-For before"
        if number < limit:
            assert_served(answer, f"{where}, and it was number {number + 1} of {limit}")
        else:
            assert_refused(answer, f"{where}, and {limit} in this minute are the limit")
    answer = search(client, {"X-Forwarded-For": f"{other}, {inner}"})
    assert_served(answer, f"{other} has not searched before, though by way of the same proxies")


def test_two_instances_count_together(
    client: Client, make_client: MakeClient, given: Given, values: Values
) -> None:
    """All instances count together, and one that restarts forgets nothing."""
    reader = person(values, 4, 7)
    register(given, reader)
    clients = [client, make_client()]
    register(given, reader)
    for number in range(reader.searches):
        answer = search(clients[number % 2], reader.headers)
        assert_served(answer, f"it was number {number + 1} of {reader.searches}")
    words = f"two instances have served {reader.searches} together, and that is the limit"
    for one in clients:
        assert_refused(search(one, reader.headers), words)
        one.stop()
    restarted = make_client()
    register(given, reader)
    assert_refused(search(restarted, reader.headers), words)


def test_requests_at_once_do_not_slip_through(
    gateway: Gateway, make_client: MakeClient, given: Given, values: Values
) -> None:
    """Of many searches at once exactly as many are served as are allowed."""
    reader, instances = person(values, 4, 7), []
    for _ in range(2):
        instances.append(make_client())
        register(given, reader)
    gateway.delay, clients = 0.05, instances * 8
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda one: search(one, reader.headers), clients))
    served = sum(answer.status_code == 200 for answer in answers)
    assert served == reader.searches, (
        f"{len(answers)} searches came at once, {reader.searches} are allowed, "
        f"and {served} were served."
    )
    others = {int(answer.status_code) for answer in answers} - {200}
    assert others == {429}, f"The rest had to be refused with 429; there was {others}."


def test_retry_after_is_a_promise(
    client: Client, clock: Clock, redis: Any, given: Given, values: Values
) -> None:
    """Retry-After counts down, also when one keeps asking, and is kept."""
    reader = person(values)
    register(given, reader)
    use_up_searches(client, reader.searches, reader.headers)
    answer = search(client, reader.headers)
    assert_refused(answer, f"{reader.searches} searches in a minute are the limit")
    first = retry_after(answer)
    endless = [key for key in redis.scan_iter() if redis.pttl(key) == -1]
    assert not endless, (
        f"The key {endless[0].decode()!r} has no expiry in Redis: it is counted on for ever, "
        "and once the limit is reached, nobody is let in again."
    )
    half = first // 2
    clock.move(half)
    answer = search(client, reader.headers)
    assert_refused(answer, f"{half} seconds have passed, and Retry-After has asked for {first}")
    rest = retry_after(answer)
    assert rest <= first - half + 1, (
        f"Retry-After was {first}. {half} seconds later, after one more attempt, it is {rest}. "
        "It must say when the window is over, and asking again must not put that off."
    )
    clock.move(rest)
    answer = search(client, reader.headers)
    assert_served(answer, f"Retry-After has asked for {rest} seconds, and they have passed")


def test_searching_goes_on_without_redis(
    gateway: Gateway, make_client: MakeClient, clock: Clock, given: Given, values: Values
) -> None:
    """Searching goes on without Redis, and is limited again when it is back."""
    reader = person(values, 3, 6)
    clients = []
    for _ in range(2):
        clients.append(make_client())
        register(given, reader)
    assert_served(search(clients[0], reader.headers), "it was the first")
    gateway.shut()
    for one in clients:
        assert_served(search(one, reader.headers), "only Redis is away, and that is no one's fault")
        answer = one.get("/health")
        assert answer.status_code == 200
    gateway.reopen()
    clock.move(MINUTE)
    for _ in range(reader.searches):
        search(clients[0], reader.headers)
    for one in clients:
        assert_refused(
            search(one, reader.headers),
            "Redis has been back for a minute, and one of two instances has served "
            f"{reader.searches} searches since, which is the limit",
        )


def test_vouchers_wait_for_redis(
    gateway: Gateway, make_client: MakeClient, clock: Clock, given: Given, values: Values
) -> None:
    """Without Redis a voucher is a 503, since guesses could not be counted."""
    reader = person(values, 3, 6)
    client = make_client()
    shop = register(given, reader)
    code = values.token()
    shop.vouchers[code] = Decimal(values.price())
    answer = redeem(client, values.token(), reader)
    assert answer.status_code == 404
    gateway.shut()
    for _ in range(2):
        answer = redeem(client, code, reader)
        assert answer.status_code == 503
        retry_after(answer)
    assert code in shop.vouchers, "The answer was 503, and yet the voucher is redeemed."
    gateway.reopen()
    clock.move(MINUTE)
    answer = redeem(client, code, reader)
    assert answer.status_code == 200, "Redis has been back for a minute."


def test_nobody_waits_for_a_silent_redis(
    clock: Clock,
    make_client: MakeClient,
    given: Given,
    values: Values,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A silent Redis is as good as none, and nobody waits for it."""
    silence = Silence()
    monkeypatch.setenv("REDIS_URL", silence.url)
    client, reader = make_client(), person(values)
    register(given, reader)
    with ThreadPoolExecutor(2) as pool:
        asked = [
            pool.submit(search, client, reader.headers),
            pool.submit(redeem, client, values.token(), reader),
        ]
        _, waiting = wait(asked, PATIENCE)
        silence.end()
    assert not waiting, (
        f"Redis took the connection and then said nothing, and {len(waiting)} of 2 requests got "
        f"no answer in {PATIENCE:.0f} seconds. Give the connections to Redis short time-outs."
    )
    searched, redeemed = (one.result() for one in asked)
    assert_served(searched, "a silent Redis is as good as none")
    assert redeemed.status_code == 503, "Redis said nothing, so no guess could be counted."
