"""How do you document your API in FastAPI?"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urljoin

import pytest

from checker.suite import Client, MakeClient, Values, openapi


class Row(NamedTuple):
    """One row of the contract's table."""

    method: str
    path: str
    operation_id: str
    summary: str
    tag: str
    errors: str

    @property
    def name(self) -> str:
        """As ``GET /books``."""
        return f"{self.method} {self.path}"


TABLE = [
    Row("GET", "/books", "list_books", "List the books", "books", "none"),
    Row("POST", "/books", "add_book", "Add a book", "books", "409"),
    Row("GET", "/books/{book_id}", "read_book", "Read one book", "books", "404"),
    Row("POST", "/orders", "place_order", "Order copies of a book", "orders", "404, 409"),
    Row("GET", "/catalogue", "list_catalogue", "List the catalogue", "books", "none"),
]
BOOK = {
    "id": "integer",
    "isbn": "string",
    "title": "string",
    "author": "string",
    "copies": "integer",
}
ORDER = {"id": "integer", "book_id": "integer", "copies": "integer"}


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without the setting, whatever the learner's own shell has."""
    monkeypatch.delenv("BOOKSHOP_DOCS", raising=False)


@pytest.mark.guard
def test_the_api_answers_as_before(client: Client, values: Values) -> None:
    """The endpoints answer what they answered before."""
    copies = values.integer(3, 9)
    new = {"isbn": values.isbn(), "title": values.title(), "author": values.name()}
    book = {"id": 1, **new, "copies": copies}
    added = client.post("/books", json={**new, "copies": copies})
    assert added.status_code == 201
    assert added.json() == book
    again = client.post("/books", json={**new, "copies": copies})
    assert again.status_code == 409
    for path in ("/books", "/catalogue"):
        assert client.get(path).json() == [book]
        assert client.get(path, params={"author": new["author"]}).json() == [book]
        assert client.get(path, params={"author": values.word()}).json() == []
    assert client.get("/books/1").json() == book
    unknown = client.get("/books/2")
    assert unknown.status_code == 404
    ordered = client.post("/orders", json={"book_id": 1, "copies": 2})
    assert ordered.status_code == 201
    assert ordered.json() == {"id": 1, "book_id": 1, "copies": 2}
    left = copies - 2
    assert client.get("/books/1").json() == {**book, "copies": left}
    too_many = client.post("/orders", json={"book_id": 1, "copies": left + 1})
    assert too_many.status_code == 409
    last = client.post("/orders", json={"book_id": 1, "copies": left})
    assert last.json() == {"id": 2, "book_id": 1, "copies": left}
    assert client.get("/books/1").json() == {**book, "copies": 0}
    nowhere = client.post("/orders", json={"book_id": 2, "copies": 1})
    assert nowhere.status_code == 404
    for refused in (again, unknown, too_many, nowhere):
        assert isinstance(refused.json()["detail"], str), "An error says why, in `detail`."
    for path, body in (
        ("/books", {**new, "isbn": "978-" + new["isbn"][3:], "copies": copies}),
        ("/books", {**new, "isbn": new["isbn"][:12], "copies": copies}),
        ("/books", {**new, "copies": -1}),
        ("/orders", {"book_id": 1, "copies": 0}),
    ):
        answer = client.post(path, json=body)
        assert answer.status_code == 422
    assert client.get("/health").json() == {"status": "ok"}


@pytest.mark.guard
def test_the_document_is_valid_openapi(client: Client) -> None:
    """The document is valid OpenAPI: ids are unique, references lead somewhere."""
    document = read_document(client)
    version = document["openapi"]
    assert re.fullmatch(r"3\.[012]\.\d+", version), f"There is no OpenAPI {version!r}."
    operations = list(operations_in(document))
    ids = [operation["operationId"] for _, operation in operations if "operationId" in operation]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    assert not twice, f"Two operations have the same id: {listed(twice)}"
    tags = [tag["name"] for tag in document.get("tags", [])]
    twice = sorted({tag for tag in tags if tags.count(tag) > 1})
    assert not twice, f"A tag is declared twice: {listed(twice)}"
    for name, operation in operations:
        given = [str((p.get("in"), p.get("name"))) for p in operation.get("parameters", [])]
        twice = sorted({parameter for parameter in given if given.count(parameter) > 1})
        assert not twice, f"{name} has a parameter twice: {listed(twice)}"
        for status, answer in operation["responses"].items():
            assert answer.get("description"), f"Answer {status} of {name} has no description."
    schemas = document.get("components", {}).get("schemas", {})
    for place, text in texts_in(document):
        if place.endswith(".$ref") and text.startswith("#/components/schemas/"):
            known = text.rpartition("/")[2] in schemas
            assert known, f"{place} refers to {text}, and the document does not have that."


def test_the_document_says_what_it_is_about(client: Client) -> None:
    """The document has the shop's title and version, and a description."""
    info = read_document(client)["info"]
    found = {"title": info["title"], "version": info["version"]}
    assert found == {"title": "Bookshop API", "version": "2.4.0"}
    needs_words(info.get("description"), "the whole API")


def test_every_operation_has_its_tag(client: Client) -> None:
    """Each operation has its tag, and the tags themselves are described."""
    document = read_document(client)
    found = {row.name: listed(operation_of(document, row).get("tags", [])) for row in TABLE}
    assert found == {row.name: row.tag for row in TABLE}, "The tags of the operations:"
    declared = {tag["name"]: tag.get("description") for tag in document.get("tags", [])}
    for tag in ("books", "orders"):
        assert tag in declared, (
            f"The tags that the document itself declares: {listed(declared)}; expected {tag!r} "
            "among them. An operation uses a tag, the app declares and describes it."
        )
        needs_words(declared[tag], f"the tag {tag!r}")


def test_every_operation_has_its_summary(client: Client) -> None:
    """Each operation has the summary of the contract."""
    document = read_document(client)
    found = {row.name: operation_of(document, row).get("summary") for row in TABLE}
    assert found == {row.name: row.summary for row in TABLE}, "The summaries:"


def test_every_operation_has_its_id(client: Client) -> None:
    """Each operation has its id, which generated clients call it by."""
    document = read_document(client)
    found = {row.name: operation_of(document, row).get("operationId") for row in TABLE}
    assert found == {row.name: row.operation_id for row in TABLE}, "The operation ids:"


def test_the_health_check_is_hidden(client: Client) -> None:
    """GET /health answers, and is not in the document."""
    document = read_document(client)
    assert client.get("/health").status_code == 200
    described = "/health" in document["paths"]
    assert not described, "The document describes GET /health, which only the load balancer asks."


def test_every_operation_has_a_description_for_clients(client: Client) -> None:
    """Each operation has a description, and no maintainers' note gets out."""
    document = read_document(client)
    for row in TABLE:
        operation = operation_of(document, row)
        needs_words(operation.get("description"), row.name)
        summary = operation.get("summary", "")
        assert plain(operation["description"]) != plain(summary), (
            f"The description of {row.name} only repeats its summary, {summary!r}."
        )
    for place, text in texts_in(document):
        note = re.search(r"\bBS-\d+", text)
        assert not note, (
            f"The document shows this note for maintainers to everyone: {text!r}. It stands at "
            f"{place}. The docstrings of operations and of models are published."
        )


def test_the_old_address_is_deprecated(client: Client) -> None:
    """GET /catalogue is deprecated and says what to use instead."""
    document = read_document(client)
    found = {row.name: operation_of(document, row).get("deprecated", False) for row in TABLE}
    assert found == {row.name: row.path == "/catalogue" for row in TABLE}, "Marked as deprecated:"
    text = openapi.operation(document, "GET", "/catalogue").get("description", "")
    assert "/books" in text, (
        f"The description of GET /catalogue is {text!r}; expected that it names /books, "
        "which clients should use instead."
    )


def test_every_field_of_an_answer_is_described(client: Client) -> None:
    """The document names each field of a good answer with its type."""
    document = read_document(client)
    for method, path, status, fields in (
        ("GET", "/books", 200, [BOOK]),
        ("POST", "/books", 201, BOOK),
        ("GET", "/books/{book_id}", 200, BOOK),
        ("POST", "/orders", 201, ORDER),
        ("GET", "/catalogue", 200, [BOOK]),
    ):
        schema = openapi.answer_schema(document, method, path, status)
        found = shape_of(document, schema)
        assert found == fields, f"Answer {status} of {method} {path}, as it is documented:"


def test_what_clients_send_is_described(client: Client) -> None:
    """Each parameter and each field that clients send has a description."""
    document = read_document(client)
    for row in TABLE:
        for name, parameter in openapi.parameters(document, row.method, row.path).items():
            text = parameter.get("description") or parameter.get("schema", {}).get("description")
            needs_words(text, f"the parameter {name!r} of {row.name}")
    for path in ("/books", "/orders"):
        fields = openapi.body_schema(document, "POST", path).get("properties", {})
        for name, field in fields.items():
            text = field.get("description") or openapi.resolve(document, field).get("description")
            needs_words(text, f"the field {name!r} of the body of POST {path}")


def test_the_examples_work(client: Client, make_client: MakeClient) -> None:
    """Each body has an example, and the API takes every example as it stands."""
    document = read_document(client)
    for path, expected in (("/books", [201]), ("/orders", [201, 404])):
        found = examples_of(document, "POST", path)
        assert found, f"The document has no example of the body of POST {path}."
        for example in found:
            answer = make_client().post(path, json=example)
            assert answer.status_code in expected, "This example stands in the document."


def test_every_error_is_documented(client: Client) -> None:
    """Each operation documents its errors: when they come, and their body."""
    document = read_document(client)
    found = {}
    for row in TABLE:
        statuses = operation_of(document, row)["responses"]
        found[row.name] = listed(s for s in statuses if s[0] not in "123" and s != "422")
    assert found == {row.name: row.errors for row in TABLE}, "The errors documented, 422 aside:"
    for row in TABLE:
        for status in re.findall(r"\d+", row.errors):
            answer = operation_of(document, row)["responses"][status]
            what = f"the answer {status} of {row.name}"
            needs_words(answer.get("description"), what)
            assert answer.get("content"), f"The document does not show the body of {what}."
            schema = openapi.answer_schema(document, row.method, row.path, int(status))
            shape = shape_of(document, schema)
            assert shape == {"detail": "string"}, f"The body of {what} is documented as {shape}."


def test_a_setting_moves_the_documentation(
    client: Client, make_client: MakeClient, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BOOKSHOP_DOCS=/some/path moves page and document, and leaves none behind."""
    before = read_document(client)
    assert client.get("/docs").status_code == 200
    root = f"/{values.word()}/{values.word()}"
    monkeypatch.setenv("BOOKSHOP_DOCS", root)
    shop = make_client()
    document = shop.get(f"{root}/openapi.json")
    assert document.status_code == 200, f"With BOOKSHOP_DOCS={root}:"
    assert set(document.json()["paths"]) == set(before["paths"]), "The paths in it:"
    page = shop.get(f"{root}/docs")
    assert page.status_code == 200, f"With BOOKSHOP_DOCS={root}:"
    loaded = {
        urljoin(f"{root}/docs", url) for url in re.findall(r"[^\"'\s]*openapi\.json", page.text)
    }
    assert f"{root}/openapi.json" in loaded, (
        f"The page at {root}/docs loads {sorted(loaded)}; expected {root}/openapi.json."
    )
    for old in ("/docs", "/openapi.json", "/redoc"):
        assert shop.get(old).status_code == 404, f"With BOOKSHOP_DOCS={root}:"
    assert shop.get("/books").status_code == 200


def test_a_setting_switches_the_documentation_off(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BOOKSHOP_DOCS=off leaves no page and no document; the API works on."""
    monkeypatch.setenv("BOOKSHOP_DOCS", "off")
    shop = make_client()
    for address in ("/docs", "/redoc", "/openapi.json"):
        assert shop.get(address).status_code == 404, "With BOOKSHOP_DOCS=off:"
    assert shop.get("/books").status_code == 200


def read_document(client: Client) -> dict[str, Any]:
    """Get the document as a client's team does."""
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def operation_of(document: dict[str, Any], row: Row) -> dict[str, Any]:
    """The operation that a row of the table is about."""
    return openapi.operation(document, row.method, row.path)


def operations_in(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of the document with its name."""
    for path, item in document["paths"].items():
        for method in ("get", "put", "post", "delete", "options", "head", "patch", "trace"):
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def texts_in(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the document, with the place where it stands."""
    if isinstance(value, str):
        yield place.removeprefix("."), value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner, place)


def listed(words: Iterable[str]) -> str:
    """Words in order, as ``404, 409``."""
    return ", ".join(sorted(words)) or "none"


def plain(text: str) -> str:
    """A text without what does not make it another one."""
    return text.strip(" .\n").lower()


def needs_words(text: str | None, what: str) -> None:
    """Fail when a description is missing or has fewer than three words."""
    assert text, f"The document has no description of {what}."
    assert len(text.split()) >= 3, (
        f"The description of {what} is {text!r}; expected at least three words."
    )


def shape_of(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """A schema in short: the fields with their types, in a list when it is a list of objects."""
    schema = openapi.resolve(document, schema)
    if schema.get("type") == "array":
        return [shape_of(document, schema.get("items", {}))]
    return {
        name: " or ".join(sorted(openapi.types_in(document, field)))
        for name, field in schema.get("properties", {}).items()
    }


def examples_of(document: dict[str, Any], method: str, path: str) -> list[Any]:
    """Every example of a body, wherever OpenAPI allows it to stand."""
    schema = openapi.body_schema(document, method, path)
    body = openapi.operation(document, method, path)["requestBody"]
    media = body["content"]["application/json"]
    found = [named["value"] for named in media.get("examples", {}).values() if "value" in named]
    for holder in (media["schema"], schema):
        found += [example for example in holder.get("examples", []) if example not in found]
    found += [
        holder["example"] for holder in (media, media["schema"], schema) if "example" in holder
    ]
    fields = {
        name: openapi.resolve(document, field) | field
        for name, field in schema.get("properties", {}).items()
    }
    given = {
        name: field.get("examples") or [field["example"]]
        for name, field in fields.items()
        if "examples" in field or "example" in field
    }
    if given and set(schema.get("required", [])) <= set(given):
        for turn in range(max(map(len, given.values()))):
            found.append({name: each[turn % len(each)] for name, each in given.items()})
    return found
