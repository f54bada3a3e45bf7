"""How does FastAPI handle query parameters and request bodies?"""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from checker.suite import Client, Given, Values, openapi

YES = ["true", "yes", "on", "1"]
NO = ["false", "no", "off", "0"]
SEARCH_PARAMETERS = {
    "q": "string in the query",
    "subject": "array in the query",
    "in-stock": "boolean in the query",
    "skip": "integer in the query",
    "limit": "integer in the query",
}

Shelve = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def shelve(given: Given, values: Values) -> Shelve:
    """Fill the catalogue with made-up books, all in stock, and return them in its order.

    ``shelve(3, stock=[0, 5, 0])`` gives the three books these stocks.
    """

    def fill(count: int, **columns: list[Any]) -> list[dict[str, Any]]:
        books = [
            {
                "id": book_id,
                "title": values.title(),
                "author": values.name(),
                "subjects": [values.word()],
                "price_cents": values.integer(500, 6000),
                "stock": values.integer(1, 40),
            }
            for book_id in values.sample(range(100, 1000), count)
        ]
        for name, column in columns.items():
            for book, value in zip(books, column, strict=True):
                book[name] = value
        catalogue = given("catalogue")
        catalogue.fill([catalogue.Book(**book) for book in books])
        return books

    return fill


def new_data(values: Values) -> dict[str, Any]:
    """The body of PUT /books/{book_id}."""
    subjects = [values.word() for _ in range(values.integer(1, 3))]
    return {"title": values.title(), "author": values.name(), "subjects": subjects}


def new_offer(values: Values) -> dict[str, Any]:
    """The body of POST /books/{book_id}/offer."""
    return {
        "customer": {"name": values.name(), "email": values.email()},
        "delivery": {"street": f"{values.word()} {values.integer(1, 99)}", "city": values.word()},
        "copies": values.integer(2, 19),
    }


def titles(answer: httpx2.Response) -> list[str]:
    """The titles of the books in an answer of GET /books."""
    books = answer.json()
    assert isinstance(books, list), (
        "GET /books should answer with a list of books; this is no list."
    )
    return [book["title"] for book in books]


def titles_of(books: list[dict[str, Any]]) -> list[str]:
    """The titles of made-up books."""
    return [book["title"] for book in books]


def places(answer: httpx2.Response) -> set[str]:
    """The places that a 422 names, as ``query.limit`` or ``body.customer.email``."""
    errors = answer.json()["detail"]
    assert isinstance(errors, list), (
        f"`detail` should be a list that names each wrong value, as FastAPI's is; it is {errors!r}."
    )
    return {".".join(map(str, error["loc"])) for error in errors}


def test_without_parameters_the_first_ten_books_come(client: Client, shelve: Shelve) -> None:
    """GET /books needs no parameter: it answers with the first ten books, in stock or not."""
    books = shelve(14, stock=[3, 0] * 7)
    answer = client.get("/books")
    assert answer.status_code == 200
    assert titles(answer) == titles_of(books[:10])
    assert answer.json() == books[:10]


def test_skip_and_limit_choose_the_page(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /books leaves out the first `skip` books and then answers with at most `limit`."""
    books = shelve(60)
    skip, limit = values.integer(11, 20), values.integer(2, 9)
    for query, page in (
        ({"limit": limit}, books[:limit]),
        ({"skip": skip}, books[skip : skip + 10]),
        ({"skip": skip, "limit": limit}, books[skip : skip + limit]),
        ({"skip": 0, "limit": 1}, books[:1]),
        ({"limit": 50}, books[:50]),
        ({"skip": 60 + skip}, []),
    ):
        answer = client.get("/books", params=query)
        assert answer.status_code == 200
        assert titles(answer) == titles_of(page)


def test_a_value_out_of_bounds_is_refused(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /books answers 422 and names the parameter that is out of bounds or no number."""
    shelve(3)
    for name, wrong in (
        ("limit", 0),
        ("limit", 51),
        ("limit", values.integer(1000, 9999)),
        ("limit", values.word()),
        ("skip", -1),
        ("skip", values.word()),
        ("q", values.word()[0]),
    ):
        answer = client.get("/books", params={name: wrong})
        assert answer.status_code == 422
        assert places(answer) == {f"query.{name}"}


def test_q_finds_titles_in_small_and_capital_letters(client: Client, shelve: Shelve) -> None:
    """GET /books?q=… finds the books whose title contains q, in small or capital letters."""
    books = shelve(6)
    word = books[2]["title"].split()[-1]
    for q in (word, word.lower(), word.upper(), word[:2], books[4]["author"]):
        answer = client.get("/books", params={"q": q})
        assert answer.status_code == 200
        found = [book for book in books if q.lower() in book["title"].lower()]
        assert titles(answer) == titles_of(found)


def test_subject_can_be_repeated(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /books?subject=…&subject=… finds the books that have at least one of the subjects."""
    one, two, three = (f"{values.word()} {name}" for name in ("sea", "war", "art"))
    books = shelve(7, subjects=[[one], [three], [two], [], [two, one], [three, two], [three]])
    for wanted in ([one], [two], [one, two], [two, one, values.word()], [values.word()]):
        answer = client.get("/books", params={"subject": wanted})
        assert answer.status_code == 200
        found = [book for book in books if set(wanted) & set(book["subjects"])]
        assert titles(answer) == titles_of(found)


def test_in_stock_understands_yes_and_no(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /books?in-stock=… finds what is on the shelf for yes, and what is sold out for no."""
    books = shelve(6, stock=values.shuffled([0, 0, 1, 0, values.integer(2, 30), 1]))
    for words, found in (
        (YES, [book for book in books if book["stock"] > 0]),
        (NO, [book for book in books if book["stock"] == 0]),
    ):
        for word in (*words, *map(str.upper, words)):
            answer = client.get("/books", params={"in-stock": word})
            assert answer.status_code == 200
            assert titles(answer) == titles_of(found)


def test_in_stock_refuses_every_other_word(client: Client, shelve: Shelve, values: Values) -> None:
    """GET /books?in-stock=… answers 422 when the word means neither yes nor no."""
    shelve(3)
    for word in ("perhaps", "2", values.word()):
        answer = client.get("/books", params={"in-stock": word})
        assert answer.status_code == 422
        assert places(answer) == {"query.in-stock"}


def test_the_page_is_cut_out_of_what_was_found(
    client: Client, shelve: Shelve, values: Values
) -> None:
    """GET /books keeps the books that pass every filter, and cuts the page out of these."""
    word, subject = values.word(), values.word()
    books = shelve(
        30,
        title=[f"{values.title()} and {word}" if n < 24 else values.title() for n in range(30)],
        subjects=[[subject] if n % 3 == 0 else [] for n in range(30)],
        stock=[n % 2 for n in range(30)],
    )
    found = [books[3], books[9], books[15], books[21]]
    query = {"q": word, "subject": subject, "in-stock": "yes"}
    for page, wanted in (({}, found), ({"limit": 2}, found[:2]), ({"skip": 1}, found[1:])):
        answer = client.get("/books", params={**query, **page})
        assert answer.status_code == 200
        assert titles(answer) == titles_of(wanted)


def test_put_takes_path_query_and_body_together(
    client: Client, shelve: Shelve, values: Values
) -> None:
    """PUT /books/{book_id} reads path, query and body of one request, and saves the book."""
    books = shelve(4)
    for query in ({}, *({"dry-run": word} for word in NO)):
        book, new = values.choice(books), new_data(values)
        answer = client.put(f"/books/{book['id']}", params=query, json=new)
        assert answer.status_code == 200
        assert answer.json() == book | new
        book.update(new)
        assert client.get("/books").json() == books, (
            "GET /books should show the changed book in its old place, and the others as before."
        )


def test_a_dry_run_changes_nothing(client: Client, shelve: Shelve, values: Values) -> None:
    """PUT /books/{book_id}?dry-run=yes answers with the book as it would be, and saves nothing."""
    books = shelve(4)
    for word in YES:
        book, new = values.choice(books), new_data(values)
        answer = client.put(f"/books/{book['id']}", params={"dry-run": word}, json=new)
        assert answer.status_code == 200
        assert answer.json() == book | new
        assert client.get("/books").json() == books, (
            f"After a PUT with dry-run={word}, GET /books should show the books as they were."
        )


def test_one_422_names_path_query_and_body(client: Client, shelve: Shelve, values: Values) -> None:
    """PUT /books/{book_id} answers 422 once, and names what is wrong in path, query and body."""
    shelve(2)
    answer = client.put(f"/books/{values.word()}", params={"dry-run": "perhaps"}, json={})
    assert answer.status_code == 422
    assert places(answer) == {
        "path.book_id",
        "query.dry-run",
        "body.title",
        "body.author",
        "body.subjects",
    }


def test_an_offer_takes_two_models_and_a_number(
    client: Client, shelve: Shelve, values: Values
) -> None:
    """POST /books/{book_id}/offer takes customer, delivery and copies from one body."""
    for book in shelve(3):
        body = new_offer(values)
        answer = client.post(f"/books/{book['id']}/offer", json=body)
        assert answer.status_code == 200
        total = body["copies"] * book["price_cents"]
        assert answer.json() == {"book_id": book["id"], **body, "total_cents": total}
        del body["copies"]
        answer = client.post(f"/books/{book['id']}/offer", json=body)
        assert answer.status_code == 200
        total = book["price_cents"]
        assert answer.json() == {"book_id": book["id"], **body, "copies": 1, "total_cents": total}


def test_a_wrong_offer_is_refused(client: Client, shelve: Shelve, values: Values) -> None:
    """POST /books/{book_id}/offer answers 422 and names what is missing or out of bounds."""
    [book] = shelve(1)
    path = f"/books/{book['id']}/offer"
    for copies in (1, 20):
        answer = client.post(path, json=new_offer(values) | {"copies": copies})
        assert answer.status_code == 200
    for copies in (0, 21):
        answer = client.post(path, json=new_offer(values) | {"copies": copies})
        assert answer.status_code == 422
        assert places(answer) == {"body.copies"}
    for model, fields in (("customer", ("name", "email")), ("delivery", ("street", "city"))):
        body = new_offer(values)
        del body[model]
        answer = client.post(path, json=body)
        assert answer.status_code == 422
        assert places(answer) == {f"body.{model}"}
        for field in fields:
            body = new_offer(values)
            del body[model][field]
            answer = client.post(path, json=body)
            assert answer.status_code == 422
            assert places(answer) == {f"body.{model}.{field}"}


def test_an_unknown_book_is_404(client: Client, shelve: Shelve, values: Values) -> None:
    """PUT and POST answer 404 when the catalogue has no book with that id."""
    [book] = shelve(1)
    unknown = values.integer(1000, 9999)
    for method, path, body in (
        ("PUT", "/books/{}", new_data(values)),
        ("PUT", "/books/{}?dry-run=yes", new_data(values)),
        ("POST", "/books/{}/offer", new_offer(values)),
    ):
        answer = client.request(method, path.format(book["id"]), json=body)
        assert answer.status_code == 200
        answer = client.request(method, path.format(unknown), json=body)
        assert answer.status_code == 404


def test_the_documentation_tells_query_from_body(client: Client) -> None:
    """The OpenAPI document lists what belongs in the path, in the query and in the body."""
    document = client.get("/openapi.json").json()
    search_has_a_body = "requestBody" in openapi.operation(document, "GET", "/books")
    assert not search_has_a_body, (
        "GET /books is documented with a request body. A list or a model among the parameters of "
        "a function is read from the body, unless it is marked with Query()."
    )
    book_id = {"book_id": "integer in the path"}
    for method, path, parameters in (
        ("GET", "/books", SEARCH_PARAMETERS),
        ("PUT", "/books/{book_id}", book_id | {"dry-run": "boolean in the query"}),
        ("POST", "/books/{book_id}/offer", book_id),
    ):
        assert described(document, method, path) == parameters, (
            f"{method} {path} is documented with other parameters than the contract's."
        )
    for method, path, fields in (
        ("PUT", "/books/{book_id}", {"title", "author", "subjects"}),
        ("POST", "/books/{book_id}/offer", {"customer", "delivery", "copies"}),
    ):
        body = set(openapi.body_schema(document, method, path).get("properties", {}))
        assert body == fields, (
            f"The body of {method} {path} is documented with other fields than the contract's."
        )


def described(document: dict[str, Any], method: str, path: str) -> dict[str, str]:
    """The type and the place of each parameter, as ``integer in the path``."""
    return {
        name: f"{' or '.join(sorted(openapi.types_in(document, found['schema'])))} "
        f"in the {found['in']}"
        for name, found in openapi.parameters(document, method, path).items()
    }
