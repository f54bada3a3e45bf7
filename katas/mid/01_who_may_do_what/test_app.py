"""How do you handle authentication and authorization in FastAPI?"""

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

import httpx2
import pytest

from checker.suite import Client, Given, Values, openapi

TOKEN_PAGES = [
    ("GET", "/me"),
    ("GET", "/orders"),
    ("POST", "/orders"),
    ("GET", "/orders/{order_id}"),
    ("DELETE", "/orders/{order_id}"),
    ("POST", "/orders/{order_id}/ship"),
]


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in."""

    account: Any
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What this person's browser sends."""
        return {"Authorization": f"Bearer {self.token}"}


class Shop:
    """The given modules, with made-up people and orders in them."""

    def __init__(self, given: Given, values: Values) -> None:
        self.people = given("people")
        self.shop = given("shop")
        self.values = values
        self.people.partners.clear()
        self.shop.orders.clear()
        self._ids = iter(values.sample(range(1000, 10_000), 20))

    def log_in(self, role: str) -> Person:
        """Somebody new with a role, and with a session."""
        account = self.people.Account(next(self._ids), self.values.name(), role)
        token = self.values.token(32)
        self.people.log_in(account, token)
        return Person(account, token)

    def order_of(self, person: Person) -> Any:
        """A new order that belongs to somebody."""
        copies = self.values.integer(1, 20)
        return self.shop.place_order(person.account.id, self.values.isbn(), copies)

    def add_partner(self) -> Any:
        """A new partner with a key."""
        name = f"{self.values.word().capitalize()} Books"
        partner = self.people.Partner(name, self.people.Key(self.values.token(32)))
        self.people.partners.append(partner)
        return partner

    def new_stock(self) -> tuple[str, int]:
        """The ISBN of one more book, and how many copies of it there are."""
        isbn, copies = self.values.isbn(), self.values.integer(1, 500)
        self.shop.stock[isbn] = copies
        return isbn, copies


@pytest.fixture
def shop(given: Given, values: Values) -> Shop:
    """The shop, without the orders and partners that it is given with."""
    return Shop(given, values)


def key_of(partner: Any) -> dict[str, str]:
    """What a partner's program sends: the same text, without the watch over it."""
    return {"X-API-Key": "".join(partner.key)}


def good_body(method: str, path: str, values: Values) -> dict[str, Any] | None:
    """What a request to a page sends; None when the page takes no body."""
    if (method, path) == ("POST", "/orders"):
        return {"isbn": values.isbn(), "copies": values.integer(1, 9)}
    return None


def assert_challenge(answer: httpx2.Response, scheme: str) -> None:
    """A 401 says in WWW-Authenticate with which scheme one has to come."""
    told = answer.headers.get("www-authenticate", "")
    schemes = [part.split()[0].lower() for part in told.split(",") if part.strip()]
    assert scheme.lower() in schemes, (
        f"A 401 says in WWW-Authenticate how to come in (RFC 9110, 15.5.2). Here that is {scheme}; "
        f"the header is {told or 'not there'}."
    )


def assert_refused(client: Client, path: str, headers: dict[str, Any], scheme: str) -> None:
    """GET with these headers is a 401 with a challenge."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert_challenge(answer, scheme)


@pytest.mark.guard
def test_the_books_stay_open(client: Client, shop: Shop, values: Values) -> None:
    """GET /books answers everybody, whether they send a token, a wrong one, or none."""
    known = shop.log_in("customer").headers
    for headers in ({}, known, {"Authorization": f"Bearer {values.token()}"}):
        answer = client.get("/books", headers=headers)
        assert answer.status_code == 200
        assert answer.json() == [asdict(book) for book in shop.shop.books]


def test_a_token_says_who_asks(client: Client, shop: Shop, values: Values) -> None:
    """GET /me answers with the id, the name and the role of the account whose token was sent."""
    everybody = [shop.log_in(role) for role in ("customer", "clerk", "manager", "customer")]
    for person in values.shuffled(everybody):
        answer = client.get("/me", headers=person.headers)
        assert answer.status_code == 200
        assert answer.json() == asdict(person.account)
    answer = client.get("/me", headers={"Authorization": f"bearer {everybody[0].token}"})
    assert answer.status_code == 200, (
        "The name of a scheme may be written in any case (RFC 9110, 11.1)."
    )
    assert answer.json() == asdict(everybody[0].account)


def test_without_a_token_it_is_401(client: Client, shop: Shop, values: Values) -> None:
    """Without a bearer token, a page that needs one answers 401 with WWW-Authenticate: Bearer."""
    order, person = shop.order_of(shop.log_in("customer")), shop.log_in("manager")
    for method, path in TOKEN_PAGES:
        body = good_body(method, path, values)
        answer = client.request(method, path.format(order_id=order.id), json=body)
        assert answer.status_code == 401
        assert_challenge(answer, "Bearer")
    assert list(shop.shop.orders.values()) == [order], (
        "Requests without a token were refused, and yet the orders have changed."
    )
    for no_bearer_token in (f"Basic {person.token}", person.token, "Bearer", "Bearer "):
        assert_refused(client, "/me", {"Authorization": no_bearer_token}, "Bearer")
    assert_refused(client, "/me", key_of(shop.add_partner()), "Bearer")


def test_an_unknown_token_is_401(client: Client, shop: Shop, values: Values) -> None:
    """A token that no session has is a 401 with WWW-Authenticate: Bearer, as no token is."""
    order, person = shop.order_of(shop.log_in("customer")), shop.log_in("manager")
    for unknown in (values.token(32), person.token[:-1], person.token.swapcase()):
        assert_refused(client, "/me", {"Authorization": f"Bearer {unknown}"}, "Bearer")
    key = key_of(shop.add_partner())["X-API-Key"]
    assert_refused(client, "/me", {"Authorization": f"Bearer {key}"}, "Bearer")
    for method, path in TOKEN_PAGES:
        answer = client.request(
            method,
            path.format(order_id=order.id),
            json=good_body(method, path, values),
            headers={"Authorization": f"Bearer {values.token(32)}"},
        )
        assert answer.status_code == 401
        assert_challenge(answer, "Bearer")


def test_customers_order_for_themselves(client: Client, shop: Shop, values: Values) -> None:
    """POST /orders answers 201 with an order of the one who asks; staff cannot order: 403."""
    person, other = shop.log_in("customer"), shop.log_in("customer")
    for copies in (1, values.integer(2, 20)):
        sent = {"isbn": values.isbn(), "copies": copies}
        answer = client.post("/orders", json=sent, headers=person.headers)
        assert answer.status_code == 201
        own = {"customer_id": person.account.id, "shipped": False}
        assert answer.json() == {"id": answer.json()["id"], **sent, **own}
        stored = shop.shop.orders.get(answer.json()["id"])
        assert stored is not None, "The new order is not in `shop.orders`."
        assert answer.json() == asdict(stored)
    good = {"isbn": values.isbn(), "copies": values.integer(1, 9)}
    for wrong in (
        {"copies": good["copies"]},
        {"isbn": good["isbn"]},
        good | {"copies": 0},
        good | {"copies": values.word()},
        good | {"isbn": values.integer(1, 99)},
    ):
        answer = client.post("/orders", json=wrong, headers=person.headers)
        assert answer.status_code == 422
    claim = {"customer_id": other.account.id, "customer": other.account.id}
    answer = client.post("/orders", json=good | claim, headers=person.headers)
    assert answer.status_code in (201, 422)
    ordered_for = {order.customer_id for order in shop.shop.orders.values()}
    assert ordered_for == {person.account.id}, (
        f"Customer {person.account.id} ordered, with the id {other.account.id} in the body. "
        f"The stored orders belong to {sorted(ordered_for)}."
    )
    before = len(shop.shop.orders)
    for role in ("clerk", "manager"):
        answer = client.post("/orders", json=good, headers=shop.log_in(role).headers)
        assert answer.status_code == 403
    assert len(shop.shop.orders) == before, "POST /orders answered 403, and yet it stored one."


def test_a_customer_sees_own_orders_only(client: Client, shop: Shop, values: Values) -> None:
    """GET shows customers their own orders; any other order is a 404, as if it were not there."""
    person, other = shop.log_in("customer"), shop.log_in("customer")
    owners = values.shuffled([person, other, person, other, person])
    placed = [shop.order_of(owner) for owner in owners]
    own = [asdict(order) for order in placed if order.customer_id == person.account.id]
    answer = client.get("/orders", headers=person.headers)
    assert answer.status_code == 200
    assert answer.json() == own
    for order in own:
        answer = client.get(f"/orders/{order['id']}", headers=person.headers)
        assert answer.status_code == 200
        assert answer.json() == order
    foreign = next(order for order in placed if order.customer_id == other.account.id)
    path = f"/orders/{foreign.id}"
    answer = client.get(path, headers=person.headers)
    assert answer.status_code == 404
    del shop.shop.orders[foreign.id]
    gone = client.get(path, headers=person.headers)
    assert gone.status_code == 404
    assert answer.json() == gone.json(), (
        "Somebody else's order is answered in another way than one that is not there. "
        "This tells a customer which ids are taken."
    )


def test_staff_reads_and_ships_every_order(client: Client, shop: Shop) -> None:
    """Clerks and managers see all orders and ship them; a customer who ships gets a 403."""
    customer = shop.log_in("customer")
    placed = [shop.order_of(customer), shop.order_of(shop.log_in("customer"))]
    answer = client.post(f"/orders/{placed[0].id}/ship", headers=customer.headers)
    assert answer.status_code == 403
    shipped = shop.shop.orders[placed[0].id].shipped
    assert not shipped, "The answer was 403, and yet the order was marked as shipped."
    for role, order in zip(("clerk", "manager"), placed, strict=True):
        staff = shop.log_in(role).headers
        answer = client.get("/orders", headers=staff)
        assert answer.status_code == 200
        assert answer.json() == [asdict(one) for one in shop.shop.orders.values()]
        answer = client.get(f"/orders/{order.id}", headers=staff)
        assert answer.status_code == 200
        assert answer.json() == asdict(order)
        answer = client.post(f"/orders/{order.id}/ship", headers=staff)
        assert answer.status_code == 200
        assert answer.json() == asdict(order) | {"shipped": True}
        shipped = shop.shop.orders[order.id].shipped
        assert shipped, "The order in `shop.orders` should be marked as shipped."
        nowhere = f"/orders/{order.id + 1000}"
        for answer in (
            client.get(nowhere, headers=staff),
            client.post(f"{nowhere}/ship", headers=staff),
        ):
            assert answer.status_code == 404


def test_an_order_is_taken_back_by_its_customer(client: Client, shop: Shop) -> None:
    """DELETE is for its customer and for managers; a clerk gets a 403, another customer a 404."""
    person, other = shop.log_in("customer"), shop.log_in("customer")
    manager, clerk = shop.log_in("manager"), shop.log_in("clerk")
    for who in (person, manager):
        order, kept = shop.order_of(person), shop.order_of(person)
        path = f"/orders/{order.id}"
        foreign = client.delete(path, headers=other.headers)
        assert foreign.status_code == 404
        answer = client.delete(path, headers=clerk.headers)
        assert answer.status_code == 403
        assert order.id in shop.shop.orders, "DELETE was refused, and yet the order is gone."
        answer = client.delete(path, headers=who.headers)
        assert answer.status_code == 204
        assert answer.content == b""
        assert order.id not in shop.shop.orders, (
            "DELETE answered 204, and the order is still there."
        )
        assert kept.id in shop.shop.orders, "DELETE should leave other orders alone."
        gone = client.delete(path, headers=other.headers)
        assert gone.status_code == 404
        assert foreign.json() == gone.json(), (
            "DELETE of somebody else's order is answered in another way than one of an order that "
            "is not there."
        )
        answer = client.delete(path, headers=who.headers)
        assert answer.status_code == 404


def test_claims_of_the_request_do_not_count(client: Client, shop: Shop) -> None:
    """Who asks, and with which role, is read from the session and from nothing else."""
    person, other = shop.log_in("customer"), shop.log_in("customer")
    names = ("user_id", "customer_id", "account_id")
    claims = {name: str(other.account.id) for name in names}
    claims |= {"role": "manager", "user_role": "manager"}
    headers = {name.replace("_", "-"): value for name, value in claims.items()}
    in_headers = headers | {f"X-{name}": value for name, value in headers.items()}
    in_cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in claims.items())}
    without: dict[str, Any] = {"headers": person.headers}
    claiming: dict[str, dict[str, Any]] = {
        "headers, as X-Role": {"headers": person.headers | in_headers},
        "query, as ?role=": {"headers": person.headers, "params": claims},
        "cookies, as role=": {"headers": person.headers | in_cookies},
    }
    for where, with_claims in claiming.items():
        claimed = (
            f"A customer's request claimed to come from somebody else, a manager (in its {where}). "
            "It should be answered as without that claim."
        )
        answer = client.get("/me", **with_claims)
        assert answer.status_code == 200
        assert answer.json() == asdict(person.account), claimed
        shop.order_of(other)
        plain, answer = (client.get("/orders", **extra) for extra in (without, with_claims))
        assert answer.json() == plain.json(), claimed
        for method, path, owner in (
            ("GET", "/orders/{}", other),
            ("DELETE", "/orders/{}", other),
            ("POST", "/orders/{}/ship", person),
        ):
            plain, answer = (
                client.request(method, path.format(shop.order_of(owner).id), **extra)
                for extra in (without, with_claims)
            )
            assert answer.status_code == plain.status_code, claimed


def test_a_refusal_comes_first(client: Client, shop: Shop, values: Values) -> None:
    """A wrong body or an unknown order does not change a refusal: it is a 401 or 403 as before."""
    customer, clerk = shop.log_in("customer"), shop.log_in("clerk")
    foreign = shop.order_of(shop.log_in("customer")).id
    unknown = foreign + values.integer(1000, 9999)
    wrong = {"isbn": values.isbn(), "copies": -values.integer(1, 9)}
    answer = client.post("/orders", json=wrong, headers=clerk.headers)
    assert answer.status_code == 403
    for order_id in (foreign, unknown):
        answer = client.post(f"/orders/{order_id}/ship", headers=customer.headers)
        assert answer.status_code == 403
    answer = client.post("/orders", json=wrong)
    assert answer.status_code in (401, 403)
    for method, path in TOKEN_PAGES[3:]:
        answer = client.request(method, path.format(order_id=unknown))
        assert answer.status_code in (401, 403)
    answer = client.get(f"/stock/{values.isbn()}")
    assert answer.status_code in (401, 403)


def test_changes_count_at_once(client: Client, shop: Shop) -> None:
    """The next request after a log-out, a new role or a withdrawn key is judged by it."""
    person, customer, partner = shop.log_in("clerk"), shop.log_in("customer"), shop.add_partner()
    first, second = shop.order_of(customer), shop.order_of(person)
    isbn, _copies = shop.new_stock()
    answer = client.post(f"/orders/{first.id}/ship", headers=person.headers)
    assert answer.status_code == 200
    people = shop.people
    people.accounts[person.account.id] = replace(person.account, role="customer")
    answer = client.post(f"/orders/{second.id}/ship", headers=person.headers)
    assert answer.status_code == 403, (
        "This account was a clerk and is a customer now, and could still ship an order."
    )
    people.log_out(person.token)
    answer = client.get("/me", headers=person.headers)
    assert answer.status_code == 401, "This session was ended, and its token was still accepted."
    answer = client.get(f"/stock/{isbn}", headers=key_of(partner))
    assert answer.status_code == 200
    people.partners.remove(partner)
    answer = client.get(f"/stock/{isbn}", headers=key_of(partner))
    assert answer.status_code == 401, "This key was withdrawn, and it was still accepted."


def test_a_partner_comes_with_a_key(client: Client, shop: Shop, values: Values) -> None:
    """GET /stock/{isbn} answers with the copies, and with the partner whose key was sent."""
    partners = [shop.add_partner() for _ in range(3)]
    for partner in values.shuffled(partners):
        isbn, copies = shop.new_stock()
        answer = client.get(f"/stock/{isbn}", headers=key_of(partner))
        assert answer.status_code == 200
        assert answer.json() == {"isbn": isbn, "copies": copies, "partner": partner.name}
        answer = client.get(f"/stock/{values.isbn()}", headers=key_of(partner))
        assert answer.status_code == 404


def test_a_wrong_key_is_401(client: Client, shop: Shop, values: Values) -> None:
    """Whatever is no partner's key is a 401 with WWW-Authenticate: APIKey, and never a 500."""
    manager = shop.log_in("manager")
    partner, other = shop.add_partner(), shop.add_partner()
    isbn, _copies = shop.new_stock()
    key, other_key = (key_of(one)["X-API-Key"] for one in (partner, other))
    for headers in (
        {},
        {"X-API-Key": ""},
        {"X-API-Key": values.token(32)},
        {"X-API-Key": key[:-1]},
        {"X-API-Key": f"{key}{values.word()}"},
        {"X-API-Key": key.swapcase()},
        {"X-API-Key": f"{key}, {other_key}"},
        {"X-API-Key": f"schlüssel-{values.word()}".encode("latin-1")},
        {"X-API-Key": manager.token},
        {"Authorization": f"Bearer {key}"},
        manager.headers,
    ):
        assert_refused(client, f"/stock/{isbn}", headers, "APIKey")


def test_keys_are_compared_in_constant_time(client: Client, shop: Shop, values: Values) -> None:
    """How long a key is compared for tells nothing about it, whether it is right or wrong."""
    partners = [shop.add_partner() for _ in range(3)]
    isbn, _copies = shop.new_stock()
    sent = [{"X-API-Key": values.token(32)}, *map(key_of, partners)]
    answers = [client.get(f"/stock/{isbn}", headers=headers) for headers in sent]
    for answer in answers[1:]:
        assert answer.status_code == 200
    leak = next(iter(shop.people.leaks), "")
    assert not leak, (
        f"A partner's key was {leak}. This stops early when a guess is wrong, so that its time "
        "tells how much of the guess was right. `secrets.compare_digest` always takes as long."
    )


def test_the_schemes_are_documented(client: Client) -> None:
    """The OpenAPI document says which page wants the token, which the key, and which nothing."""
    document = client.get("/openapi.json").json()
    for method, path in TOKEN_PAGES:
        assert_documented(document, method, path, {"http bearer"})
    assert_documented(document, "GET", "/stock/{isbn}", {"apiKey header x-api-key"})
    assert_documented(document, "GET", "/books", set())


def assert_documented(document: Any, method: str, path: str, wanted: set[str]) -> None:
    """An operation wants just these schemes."""
    described = next(
        (known for known in document.get("paths", {}) if same_path(known, path, document, method)),
        path,
    )
    operation = openapi.operation(document, method, described)
    schemes = document.get("components", {}).get("securitySchemes", {})
    found = {
        in_words(schemes.get(name, {}))
        for requirement in operation.get("security", document.get("security", []))
        for name in requirement
    }
    as_wanted = found == wanted
    assert as_wanted, (
        f"{method} {path} is documented with {' and '.join(sorted(found)) or 'no'} security; "
        f"expected {' and '.join(wanted) or 'none'}. A security class of `fastapi.security` is "
        "documented at every page with a dependency on it."
    )


def same_path(known: str, path: str, document: Any, method: str) -> bool:
    """Whether a path of the document is this one, whatever the parameter in it is called."""
    shapes = {re.sub(r"\{\w+\}", "{}", one) for one in (known, path)}
    return len(shapes) == 1 and method.lower() in document["paths"][known]


def in_words(scheme: Any) -> str:
    """A security scheme by what counts: its type, and how it is sent."""
    kind, *how = (str(scheme.get(part, "")) for part in ("type", "scheme", "in", "name"))
    return " ".join([kind, *(part.lower() for part in how if part)])
