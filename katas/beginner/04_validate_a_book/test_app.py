"""How does FastAPI handle request validation using Pydantic models?"""

import json
from typing import Any

import httpx2

from checker.suite import Client, Values, openapi

SHOWN = {"isbn", "title", "subtitle", "authors", "pages", "price"}
REQUIRED = {"isbn", "title", "authors", "pages", "price", "cost_price"}

Book = dict[str, Any]


def new_book(values: Values) -> Book:
    """A book that keeps every rule, as the buyer sends it."""
    return {
        "isbn": isbn_that_ends_in(values, "123456789"),
        "title": values.title(),
        "subtitle": f"A tale of {values.word()}",
        "authors": [{"name": values.name()} for _ in range(2)],
        "pages": values.integer(40, 900),
        "price": values.price(21, 60),
        "cost_price": values.price(5, 20),
    }


def isbn_that_ends_in(values: Values, digits: str) -> str:
    """A right ISBN whose check digit is one of these."""
    return next(isbn for isbn in iter(values.isbn, "") if isbn[-1] in digits)


def with_other_digit(values: Values, isbn: str, place: int) -> str:
    """The ISBN with one digit changed, so that the check digit does not fit any more."""
    digit = (int(isbn[place]) + values.integer(1, 9)) % 10
    return f"{isbn[:place]}{digit}{isbn[place + 1 :]}"


def add(client: Client, book: Book, what: str = "The book keeps every rule.") -> Book:
    """Add a book that keeps every rule, and give what POST /books answered."""
    answer = client.post("/books", json=book)
    assert answer.is_success, (
        f"{what} POST /books should take it; it answered {answer.status_code}."
    )
    added: Book = answer.json()
    return added


def listed(client: Client) -> list[Book]:
    """All books that GET /books lists."""
    answer = client.get("/books")
    assert answer.status_code == 200
    books = answer.json()
    assert isinstance(books, list), "GET /books should answer with a list and nothing around it."
    return books


def core(book: Book) -> Book:
    """The fields that come back just as they were sent."""
    return {field: book[field] for field in ("isbn", "title", "authors", "pages")}


def check_refused(answer: httpx2.Response, place: str, what: str) -> None:
    """Check that the answer is a 422 whose errors name one place, as ``body.authors.1.name``."""
    assert answer.status_code == 422, what
    found = answer.json()
    detail: Any = found.get("detail") if isinstance(found, dict) else found
    has_form = isinstance(detail, list) and all(isinstance(error, dict) for error in detail)
    assert has_form, (
        f"{what} The `detail` of a 422 should be a list of errors with a `loc` each; "
        f"it is {json.dumps(detail)}."
    )
    places = {".".join(map(str, error["loc"])) for error in detail}
    assert places == {place}, f"{what} The `loc` of the error should lead there, from `body` on:"


def test_a_right_book_is_added(client: Client, values: Values) -> None:
    """POST /books answers 201 with the book when it keeps every rule."""
    book = new_book(values)
    answer = client.post("/books", json=book)
    assert answer.status_code == 201
    assert core(answer.json()) == core(book)


def test_the_list_has_every_book_in_order(client: Client, values: Values) -> None:
    """GET /books lists the books in the order in which they were added."""
    added = [core(add(client, new_book(values))) for _ in range(4)]
    assert [core(book) for book in listed(client)] == added


def test_a_missing_field_is_refused(client: Client, values: Values) -> None:
    """POST /books answers 422 and names the field that is missing, and adds nothing."""
    for field in sorted(REQUIRED):
        book = new_book(values)
        del book[field]
        answer = client.post("/books", json=book)
        check_refused(answer, f"body.{field}", f"The book had no `{field}`.")
    assert listed(client) == [], "A refused book should not be in the list."


def test_a_field_of_another_type_is_refused(client: Client, values: Values) -> None:
    """POST /books answers 422 and names the field that is not of the right type."""
    wrong: list[tuple[str, Any]] = [
        ("isbn", [values.isbn()]),
        ("title", {"en": values.title()}),
        ("subtitle", [values.title()]),
        ("authors", values.name()),
        ("pages", values.word()),
        ("pages", values.integer(40, 900) + 0.5),
        ("price", values.word()),
        ("cost_price", [values.price()]),
        *((field, None) for field in sorted(REQUIRED)),
    ]
    for field, value in wrong:
        answer = client.post("/books", json=new_book(values) | {field: value})
        check_refused(answer, f"body.{field}", f"The book's `{field}` was {json.dumps(value)}.")


def test_a_subtitle_is_optional(client: Client, values: Values) -> None:
    """POST /books takes a book with a subtitle, with null in its place, and with none at all."""
    book, with_null, without = (new_book(values) for _ in range(3))
    with_null["subtitle"] = None
    del without["subtitle"]
    answered = [
        add(client, book)["subtitle"],
        add(client, with_null, "The book's `subtitle` was null.")["subtitle"],
        add(client, without, "The book had no `subtitle`.")["subtitle"],
    ]
    expected = [book["subtitle"], None, None]
    assert answered == expected, "POST /books should answer with these subtitles:"
    kept = {book["subtitle"] for book in listed(client)}
    assert kept == set(expected), "GET /books should list these subtitles:"


def test_title_and_pages_have_limits(client: Client, values: Values) -> None:
    """POST /books takes titles of 1 to 200 characters and 1 to 10000 pages, and no others."""
    letter = values.choice("abcdefgh")
    right: list[tuple[str, Any]] = [
        ("title", letter),
        ("title", letter * 200),
        ("pages", 1),
        ("pages", 10_000),
    ]
    wrong: list[tuple[str, Any]] = [
        ("title", ""),
        ("title", letter * 201),
        ("pages", 0),
        ("pages", -values.integer(1, 900)),
        ("pages", 10_001),
    ]
    for field, value in right:
        add(client, new_book(values) | {field: value}, size(field, value))
    for field, value in wrong:
        answer = client.post("/books", json=new_book(values) | {field: value})
        check_refused(answer, f"body.{field}", size(field, value))


def size(field: str, value: Any) -> str:
    """How long a text or how large a number was, for messages."""
    if isinstance(value, str):
        return f"The book's `{field}` had {len(value)} characters."
    return f"The book's `{field}` was {value}."


def test_an_unknown_field_is_refused(client: Client, values: Values) -> None:
    """POST /books answers 422 for a field that a book does not have, such as a misspelt one."""
    misspelt = new_book(values)
    misspelt["sub_title"] = misspelt.pop("subtitle")
    word = values.word()
    for field, book in (("sub_title", misspelt), (word, new_book(values) | {word: values.word()})):
        answer = client.post("/books", json=book)
        check_refused(answer, f"body.{field}", f"A book has no field `{field}`.")


def test_each_author_is_checked(client: Client, values: Values) -> None:
    """POST /books checks each author, and names the wrong one by its place in the list."""
    letter, right = values.choice("abcdefgh"), {"name": values.name()}
    for name in (letter, letter * 100):
        what = f"The name of the second author had {len(name)} characters."
        add(client, new_book(values) | {"authors": [right, {"name": name}]}, what)
    add(client, new_book(values) | {"authors": [right]}, "The book had one author.")
    wrong: list[tuple[Any, str, str]] = [
        ({}, ".name", "had no name"),
        ({"name": ""}, ".name", "had an empty name"),
        ({"name": letter * 101}, ".name", "had a name of 101 characters"),
        ({"name": None}, ".name", "had null as the name"),
        (right | {"born": values.year()}, ".born", "had a field `born`, which an author has not"),
        (values.name(), "", "was a text in place of an object"),
    ]
    for author, field, what in wrong:
        place = values.integer(1, 3)
        answer = client.post(
            "/books", json=new_book(values) | {"authors": [right] * place + [author]}
        )
        check_refused(
            answer, f"body.authors.{place}{field}", f"Author {place}, counted from 0, {what}."
        )
    answer = client.post("/books", json=new_book(values) | {"authors": []})
    check_refused(answer, "body.authors", "The book had no author at all.")


def test_money_keeps_its_cents(client: Client, values: Values) -> None:
    """A price comes back as the text that was sent: "17.30" is neither 17.3 nor "17.3"."""
    whole = values.sample(range(21, 90), 3)
    prices = [
        f"{whole[0]}.{values.integer(1, 9)}0",
        f"{whole[1]}.00",
        f"{whole[2]}.{values.integer(11, 99)}",
        "9999.99",
    ]
    for price in prices:
        added = add(client, new_book(values) | {"price": price})
        assert added["price"] == price, "A price should come back as the text that was sent:"
    kept = {book["price"] for book in listed(client)}
    assert kept == set(prices), "GET /books should list each price as it was sent:"


def test_money_has_limits(client: Client, values: Values) -> None:
    """POST /books takes money from 0.01 to 9999.99 with two decimals, for both prices."""
    part_of_a_cent = f"{values.price()}{values.integer(1, 9)}"
    for field in ("price", "cost_price"):
        for amount in ("0.01", "9999.99"):
            what = f"The book's `{field}` was {amount}."
            add(client, new_book(values) | {field: amount}, what)
        for amount in ("0.00", f"-{values.price()}", "10000.00", part_of_a_cent):
            answer = client.post("/books", json=new_book(values) | {field: amount})
            check_refused(answer, f"body.{field}", f"The book's `{field}` was {amount}.")


def test_an_isbn_may_have_hyphens(client: Client, values: Values) -> None:
    """POST /books takes an ISBN with hyphens; the shop keeps and answers it without."""
    books = [new_book(values) for _ in range(3)]
    for book in books:
        isbn, cut = book["isbn"], values.integer(6, 10)
        written = "-".join((isbn[:3], isbn[3], isbn[4:cut], isbn[cut:12], isbn[12]))
        added = add(client, book | {"isbn": written}, f"The ISBN was {written}.")
        assert added["isbn"] == isbn, "POST /books should answer with the ISBN without hyphens:"
    kept = {book["isbn"] for book in listed(client)}
    assert kept == {book["isbn"] for book in books}, "GET /books should list ISBNs without hyphens:"


def test_every_check_digit_is_taken_where_it_fits(client: Client, values: Values) -> None:
    """POST /books takes right ISBNs with each of the ten check digits, 0 like the others."""
    for digit in "1234567890":
        isbn = isbn_that_ends_in(values, digit)
        add(client, new_book(values) | {"isbn": isbn}, f"{isbn} is a right ISBN.")


def test_a_wrong_isbn_is_refused(client: Client, values: Values) -> None:
    """POST /books answers 422 for an ISBN that has a wrong digit or not thirteen of them."""
    isbn, ends_in_0 = values.isbn(), isbn_that_ends_in(values, "0")
    wrong = {
        with_other_digit(values, isbn, 12): "has a wrong check digit",
        with_other_digit(values, isbn, values.integer(3, 11)): "has one wrong digit",
        ends_in_0[:-1]: "has only twelve digits",
        f"{ends_in_0}0": "has fourteen digits",
        f"{isbn[:-1]}X": "ends in a letter",
    }
    for written, why in wrong.items():
        answer = client.post("/books", json=new_book(values) | {"isbn": written})
        check_refused(answer, "body.isbn", f"The ISBN {written} {why}.")
    assert listed(client) == [], "A refused book should not be in the list."


def test_the_cost_price_never_leaves(client: Client, values: Values) -> None:
    """What the shop pays for a book stands in no answer, neither in POST's nor in the list."""
    added = add(client, new_book(values))
    assert set(added) == SHOWN, "POST /books should answer with these fields and no others:"
    books = [set(book) for book in listed(client)]
    assert books == [SHOWN], "GET /books should show these fields of a book and no others:"


def test_the_body_is_documented(client: Client) -> None:
    """The OpenAPI document describes the fields of a new book, and says which are required."""
    document = client.get("/openapi.json").json()
    body = openapi.body_schema(document, "POST", "/books")
    fields = body.get("properties", {})
    assert set(fields) == SHOWN | REQUIRED, "The body of POST /books should have these fields:"
    assert set(body.get("required", [])) == REQUIRED, "These fields should be required:"
    wanted = dict.fromkeys(SHOWN | REQUIRED, "string") | {"authors": "array", "pages": "integer"}
    for field, kind in wanted.items():
        types = openapi.types_in(document, fields[field])
        assert kind in types, f"`{field}` is documented as {', '.join(types)}; {kind} was expected."
