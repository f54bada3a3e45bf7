"""How can you validate query parameters and request bodies using Pydantic in FastAPI?"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from checker.suite import Client, Given, Values, openapi

KINDS = ["card", "invoice", "cash"]

BOOK = {"isbn", "title", "author", "price"}
CHECKOUT = {"lines", "delivery", "address", "payment"}
ORDER = {"lines", "payment", "total"}
PRICED_LINE = {"isbn", "title", "copies", "price", "subtotal"}

Books = list[dict[str, str]]
Shelve = Callable[..., Books]


@pytest.fixture
def shelve(given: Given, values: Values) -> Shelve:
    """Fill the catalogue with made-up books and return them in its order.

    ``shelve(2, price=["9.50", "17.30"])`` gives the two books these prices.
    """

    def fill(count: int, **columns: list[str]) -> Books:
        books = [
            {
                "isbn": values.isbn(),
                "title": values.title(),
                "author": values.name(),
                "price": values.price(),
            }
            for _ in range(count)
        ]
        for name, column in columns.items():
            for book, value in zip(books, column, strict=True):
                book[name] = value
        catalogue = given("catalogue")
        catalogue.fill([catalogue.Book(**book) for book in books])
        return books

    return fill


def hyphened(isbn: str) -> str:
    """An ISBN as it is printed on a book."""
    return f"{isbn[:3]}-{isbn[3]}-{isbn[4:7]}-{isbn[7:12]}-{isbn[12]}"


def wrong_isbn(values: Values) -> str:
    """An ISBN whose last digit does not fit."""
    isbn = values.isbn()
    return f"{isbn[:12]}{(int(isbn[12]) + values.integer(1, 9)) % 10}"


def new_payment(values: Values, kind: str) -> dict[str, Any]:
    """A right payment of a kind."""
    number = "".join(str(values.integer(0, 9)) for _ in range(16))
    more: dict[str, dict[str, Any]] = {
        "card": {"number": number, "holder": values.name()},
        "invoice": {"company": f"{values.title()} Ltd", "due_days": values.choice([14, 30])},
        "cash": {},
    }
    return {"kind": kind, **more[kind]}


def new_address(values: Values) -> dict[str, str]:
    """A right address."""
    return {"street": f"{values.name()} Road {values.integer(1, 99)}", "city": values.name()}


def new_lines(values: Values, books: Books) -> list[dict[str, Any]]:
    """A line for each of the books."""
    return [{"isbn": book["isbn"], "copies": values.integer(2, 98)} for book in books]


def by_post(values: Values, books: Books, kind: str = "card") -> dict[str, Any]:
    """A right body of POST /checkout, to be sent by post."""
    return {
        "lines": new_lines(values, books),
        "delivery": "post",
        "address": new_address(values),
        "payment": new_payment(values, kind),
    }


def picked_up(values: Values, books: Books, kind: str = "card") -> dict[str, Any]:
    """A right body of POST /checkout, to be picked up."""
    return {
        "lines": new_lines(values, books),
        "delivery": "pickup",
        "payment": new_payment(values, kind),
    }


def places(answer: httpx2.Response) -> list[str]:
    """Where the errors of a 422 are, as ``body.lines.0.isbn``, without the kind of a payment."""
    detail = answer.json()["detail"]
    assert isinstance(detail, list), (
        f"The `detail` of a 422 should be a list of errors, each with its `loc`. It is {detail!r}."
    )
    found = []
    for error in detail:
        loc = error.get("loc") if isinstance(error, dict) else None
        assert isinstance(loc, list), (
            f"Each error of a 422 should have its `loc`, which is a list. One error is {error!r}."
        )
        if loc[:2] == ["body", "payment"] and len(loc) > 2 and loc[2] in KINDS:
            loc = [*loc[:2], *loc[3:]]
        found.append(".".join(map(str, loc)))
    return sorted(found)


def assert_passes(client: Client, body: dict[str, Any]) -> None:
    """POST /checkout takes a body that keeps every rule."""
    answer = client.post("/checkout", json=body)
    assert answer.status_code == 200


def assert_names(answer: httpx2.Response, *wrong: str) -> None:
    """An answer is a 422 that names just what is wrong."""
    expected = " and ".join(wrong)
    assert answer.status_code == 422, f"The request has a mistake at {expected}."
    found = places(answer)
    assert found == sorted(wrong), (
        f"The 422 should name the mistake at {expected}, and nothing else. "
        f"It names {' and '.join(found) or 'nothing'}."
    )


def assert_refused(client: Client, body: dict[str, Any], *wrong: str) -> None:
    """POST /checkout refuses a body and names just what is wrong."""
    assert_names(client.post("/checkout", json=body), *wrong)


def test_the_search_finds_what_fits(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /search answers 200 with the books that fit every parameter that was sent."""
    prices = ["6.20", values.price(7, 8), "9.50", values.price(10, 40), "41.90", "55.00"]
    word = values.word()
    titles = [values.title() for _ in prices]
    titles[1], titles[4] = f"{word.upper()} and Other Tales", f"Under the {word.title()}"
    books = shelve(6, price=prices, title=titles)
    one, three, five = books[1]["isbn"], books[3]["isbn"], books[5]["isbn"]
    searches: list[tuple[dict[str, Any], Books]] = [
        ({}, books),
        ({"text": word}, [books[1], books[4]]),
        ({"price-min": "9.50"}, books[2:]),
        ({"price-max": "9.50"}, books[:3]),
        ({"price-min": "9.5", "price-max": "41.90"}, books[2:5]),
        ({"isbn": one}, [books[1]]),
        ({"isbn": [hyphened(five), one, three]}, [books[1], books[3], books[5]]),
        ({"isbn": [five, one], "text": word, "price-max": "41.90"}, [books[1]]),
        ({"isbn": values.isbn()}, []),
        ({"price-min": "9.50", "limit": 2}, books[2:4]),
    ]
    for query, found in searches:
        answer = client.get("/search", params=query)
        assert answer.status_code == 200
        assert answer.json() == found


def test_an_unknown_parameter_is_refused(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /search answers 422 for a parameter that it does not have, and names it."""
    shelve(2)
    for name in ("price_min", "price_max", "isbns", "Text", values.word()):
        for right in ({}, {"limit": 5}):
            answer = client.get("/search", params=right | {name: "20"})
            assert_names(answer, f"query.{name}")


def test_each_parameter_is_checked(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /search answers 422 for a wrong value, and names the parameter; limits are included."""
    books = shelve(60)
    for name, right in (
        ("text", ["zz", "z" * 50]),
        ("price-min", ["0", "9999.99"]),
        ("price-max", ["0.00", "9999.99"]),
        ("limit", [1, 50]),
    ):
        for value in right:
            answer = client.get("/search", params={name: value})
            assert answer.status_code == 200
    for limit, length in ((None, 10), (1, 1), (50, 50)):
        answer = client.get("/search", params={} if limit is None else {"limit": limit})
        assert answer.json() == books[:length]
    for name, wrong in (
        ("text", ["z", "z" * 51]),
        ("price-min", ["-0.01", "10000", "10000.00", "9.505", values.word()]),
        ("price-max", ["-0.01", "10000", "10000.00", "9.505", values.word()]),
        ("limit", ["0", "51", "2.5", values.word()]),
    ):
        for value in wrong:
            answer = client.get("/search", params={name: value})
            assert_names(answer, f"query.{name}")
    for isbns in ([wrong_isbn(values)], [books[0]["isbn"], wrong_isbn(values), books[1]["isbn"]]):
        answer = client.get("/search", params={"isbn": isbns})
        assert_names(answer, f"query.isbn.{len(isbns) // 2}")


def test_the_prices_of_a_search_make_sense(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /search refuses a price-max below price-min, and puts the error at price-max."""
    shelve(3)
    low, high = values.price(6, 9), values.price(10, 60)
    above = str(Decimal(high) + Decimal("0.01"))
    for price_min, price_max in ((low, high), (high, high), ("0", "0")):
        query = {"price-min": price_min, "price-max": price_max}
        answer = client.get("/search", params=query)
        assert answer.status_code == 200
    for price_min, price_max in ((high, low), (above, high), ("0.01", "0")):
        query = {"price-min": price_min, "price-max": price_max}
        assert_names(client.get("/search", params=query), "query.price-max")
        backwards = dict(reversed(query.items()))
        assert_names(client.get("/search", params=backwards), "query.price-max")


def test_an_order_is_priced(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout answers 200 with the priced lines, their subtotals, and the total."""
    prices = ["17.30", values.price(), values.price(100, 900), "8.00"]
    books = shelve(4, price=prices)
    for kind in KINDS:
        body = picked_up(values, values.sample(books, 3), kind)
        lines, total = [], Decimal("0.00")
        for line in body["lines"]:
            [book] = [book for book in books if book["isbn"] == line["isbn"]]
            subtotal = Decimal(book["price"]) * line["copies"]
            priced = {name: book[name] for name in ("isbn", "title", "price")}
            lines.append({**priced, "copies": line["copies"], "subtotal": str(subtotal)})
            total += subtotal
        answer = client.post("/checkout", json=body)
        assert answer.status_code == 200
        assert answer.json() == {"lines": lines, "payment": kind, "total": str(total)}


def test_the_lines_are_checked(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout refuses a wrong line at its place in the list, and too few or too many."""
    books = shelve(21)
    body = by_post(values, books[:3])
    for count in (1, 20):
        assert_passes(client, by_post(values, books[:count]))
    for copies in (1, 99):
        assert_passes(client, body | {"lines": [{"isbn": books[0]["isbn"], "copies": copies}]})
    spread = by_post(values, books[:3])
    for line in spread["lines"]:
        line["isbn"] = hyphened(line["isbn"])
    answer = client.post("/checkout", json=spread)
    assert answer.status_code == 200
    assert [line["isbn"] for line in answer.json()["lines"]] == [book["isbn"] for book in books[:3]]
    for lines in ([], new_lines(values, books)):
        assert_refused(client, body | {"lines": lines}, "body.lines")
    good = body["lines"]
    isbn, copies = good[2].values()
    for line, name in (
        ({"isbn": wrong_isbn(values), "copies": copies}, "isbn"),
        ({"copies": copies}, "isbn"),
        ({"isbn": isbn, "copies": 0}, "copies"),
        ({"isbn": isbn, "copies": 100}, "copies"),
        ({"isbn": isbn}, "copies"),
    ):
        assert_refused(client, body | {"lines": [*good[:2], line]}, f"body.lines.2.{name}")
    for name in ("lines", "payment"):
        without = {key: value for key, value in body.items() if key != name}
        assert_refused(client, without, f"body.{name}")


def test_a_payment_is_checked_as_its_kind(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout checks a payment by the rules of the kind that it names, and of no other."""
    books = shelve(2)
    for days in (14, 30):
        invoice = new_payment(values, "invoice") | {"due_days": days}
        assert_passes(client, by_post(values, books) | {"payment": invoice})
    number = new_payment(values, "card")["number"]
    for kind, name, wrong in (
        ("card", "number", [None, number[:15], f"{number}0", f"{number[:15]}x", 3]),
        ("card", "holder", [None, 3]),
        ("invoice", "company", [None, 3]),
        ("invoice", "due_days", [None, 0, 15, 31]),
    ):
        without = new_payment(values, kind)
        del without[name]
        for payment in (without, *(without | {name: value} for value in wrong)):
            body = by_post(values, books) | {"payment": payment}
            assert_refused(client, body, f"body.payment.{name}")
    nameless = new_payment(values, "card")
    del nameless["kind"]
    for payment in (new_payment(values, "card") | {"kind": values.word()}, nameless, {}):
        answer = client.post("/checkout", json=picked_up(values, books) | {"payment": payment})
        assert answer.status_code == 422
        assert places(answer) in (["body.payment"], ["body.payment.kind"]), (
            "A payment whose kind is missing or unknown should be one error, at the payment or "
            f"at its kind. The 422 names {' and '.join(places(answer)) or 'nothing'}."
        )


def test_a_name_is_a_name_everywhere(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout takes the same names as street, city, holder and company, and no others."""
    books = shelve(2)
    for part, name, kind in (
        ("address", "street", "card"),
        ("address", "city", "card"),
        ("payment", "holder", "card"),
        ("payment", "company", "invoice"),
    ):
        for right in ("z", "z" * 100, f"  {'z' * 100}   "):
            body = by_post(values, books, kind)
            body[part][name] = right
            assert_passes(client, body)
        body = by_post(values, books, kind)
        del body[part][name]
        assert_refused(client, body, f"body.{part}.{name}")
        for wrong in ("", "   ", "z" * 101, f" {'z' * 101} "):
            body = by_post(values, books, kind)
            body[part][name] = wrong
            assert_refused(client, body, f"body.{part}.{name}")


def test_an_unknown_field_is_refused(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout refuses a field that it does not have, in the body and in all parts of it."""
    books = shelve(2)
    for name in ("total", "subtotal", "Delivery", values.word()):
        assert_refused(client, by_post(values, books) | {name: "1.00"}, f"body.{name}")
    for name in ("price", "subtotal", values.word()):
        body = by_post(values, books)
        body["lines"][1][name] = "0.01"
        assert_refused(client, body, f"body.lines.1.{name}")
    body = by_post(values, books)
    body["address"]["country"] = values.word()
    assert_refused(client, body, "body.address.country")
    for kind, name in (
        ("card", "company"),
        ("card", "due_days"),
        ("invoice", "number"),
        ("invoice", values.word()),
        ("cash", "holder"),
        ("cash", "number"),
    ):
        body = picked_up(values, books, kind)
        body["payment"][name] = values.choice([14, 30])
        assert_refused(client, body, f"body.payment.{name}")


def test_a_book_stands_in_one_line(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout refuses a book that stands in two lines, also when one has hyphens."""
    books = shelve(4)
    body = by_post(values, books)
    for write in (str, hyphened):
        again = {"isbn": write(books[values.integer(0, 3)]["isbn"]), "copies": 1}
        assert_refused(client, body | {"lines": [*body["lines"], again]}, "body.lines")
    for line in body["lines"]:
        line["copies"] = 3
    assert_passes(client, body)


def test_post_needs_an_address(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout needs an address for post and refuses one for pickup, at the address."""
    books = shelve(2)
    for kind in ("card", "invoice"):
        sent, fetched = by_post(values, books, kind), picked_up(values, books, kind)
        for body in (sent, fetched, fetched | {"address": None}):
            assert_passes(client, body)
        without = {key: value for key, value in sent.items() if key != "address"}
        for body in (without, sent | {"address": None}, sent | {"delivery": "pickup"}):
            assert_refused(client, body, "body.address")
        # The order of the members in a JSON object means nothing.
        assert_refused(client, dict(reversed(without.items())), "body.address")


def test_cash_is_for_pickup(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout refuses cash for an order by post, at the payment, and takes it at pickup."""
    books = shelve(2)
    assert_passes(client, picked_up(values, books, "cash"))
    for body in (by_post(values, books), by_post(values, books, "invoice")):
        assert_passes(client, body)
    cash = by_post(values, books, "cash")
    assert_refused(client, cash, "body.payment")
    assert_refused(client, dict(reversed(cash.items())), "body.payment")


def test_a_rule_needs_right_fields(client: Client, shelve: Shelve, values: Values) -> None:
    """A rule across fields says nothing while a field that it needs is wrong by itself."""
    books = shelve(2)
    for wrong, right in (("price-min", "price-max"), ("price-max", "price-min")):
        for value in (values.word(), "-1"):
            answer = client.get("/search", params={wrong: value, right: values.price()})
            assert_names(answer, f"query.{wrong}")
    post, cash = by_post(values, books), picked_up(values, books, "cash")
    for delivery in (values.word(), None, values.integer(1, 9)):
        for body in (post, cash):
            assert_refused(client, body | {"delivery": delivery}, "body.delivery")
    for body in (post, cash):
        without = {key: value for key, value in body.items() if key != "delivery"}
        assert_refused(client, without, "body.delivery")
    assert_refused(client, post | {"address": {"street": "High Street 1"}}, "body.address.city")
    assert_refused(client, post | {"address": values.word()}, "body.address")
    assert_refused(client, post | {"payment": values.word()}, "body.payment")
    assert_refused(client, post | {"payment": None}, "body.payment")
    twice = {"isbn": wrong_isbn(values), "copies": 1}
    body = post | {"lines": [twice, *post["lines"], twice]}
    assert_refused(client, body, "body.lines.0.isbn", "body.lines.3.isbn")
    assert_refused(client, post | {"lines": [*post["lines"], None]}, "body.lines.2")


def test_a_book_that_is_not_there_is_named(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /checkout answers 422 for books that the shop does not have, at each one's isbn."""
    books = shelve(4)
    body = by_post(values, books)
    assert_passes(client, body)
    for missing in ([values.integer(0, 3)], sorted(values.sample(range(4), 2))):
        lines = [dict(line) for line in body["lines"]]
        for index in missing:
            lines[index]["isbn"] = values.isbn()
        expected = [f"body.lines.{index}.isbn" for index in missing]
        assert_refused(client, body | {"lines": lines}, *expected)


def test_the_documentation_shows_the_models(client: Client) -> None:
    """The OpenAPI document has each parameter, the three payments, and all fields of answers."""
    document = client.get("/openapi.json").json()
    found = openapi.parameters(document, "GET", "/search")
    for name in ("text", "isbn", "price-min", "price-max", "limit"):
        assert name in found, (
            f"GET /search is documented without the parameter {name}. "
            f"It has {', '.join(found) or 'none'}."
        )
    for name, kind in (("isbn", "array"), ("limit", "integer")):
        documented = openapi.types_in(document, found[name]["schema"])
        assert documented == {kind}, (
            f"The parameter {name} is documented as {' or '.join(documented)}; expected {kind}."
        )
    listed = openapi.answer_schema(document, "GET", "/search", 200)
    assert_fields(document, listed.get("items", {}), "A book of GET /search", BOOK)

    body = openapi.body_schema(document, "POST", "/checkout")
    assert_fields(document, body, "The body of POST /checkout", CHECKOUT)
    payment = openapi.resolve(document, body["properties"]["payment"])
    kinds = payment.get("oneOf") or payment.get("anyOf") or []
    assert sorted(sorted(fields(document, kind)) for kind in kinds) == [
        ["company", "due_days", "kind"],
        ["holder", "kind", "number"],
        ["kind"],
    ], "The payment should be documented as a choice of three, each with its own fields."

    order = openapi.answer_schema(document, "POST", "/checkout", 200)
    assert_fields(document, order, "The answer of POST /checkout", ORDER)
    lines = openapi.resolve(document, order["properties"]["lines"])
    assert_fields(document, lines.get("items", {}), "A line in the answer", PRICED_LINE)


def fields(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """The names of the fields that a schema describes."""
    return set(openapi.resolve(document, schema).get("properties", {}))


def assert_fields(
    document: dict[str, Any], schema: dict[str, Any], what: str, expected: set[str]
) -> None:
    """A schema describes just these fields."""
    found = fields(document, schema)
    assert found == expected, (
        f"{what} is documented with {', '.join(sorted(found)) or 'no fields'}; "
        f"expected {', '.join(sorted(expected))}."
    )
