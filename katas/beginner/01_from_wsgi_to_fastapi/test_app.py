"""What is FastAPI, and how does it differ from other Python web frameworks?"""

from typing import Any

import httpx2
import pytest

from checker.suite import Client, Given, Rendezvous, RendezvousMissed, Values, openapi


@pytest.fixture
def legacy(given: Given) -> httpx2.Client:
    """A client of the old service; what crashes it is raised here."""
    transport = httpx2.WSGITransport(app=given("legacy").application)
    return httpx2.Client(transport=transport, base_url="http://legacy")


def quote_query(values: Values) -> dict[str, Any]:
    """A whole, valid query of GET /quote."""
    return {
        "pages": values.integer(40, 900),
        "copies": values.integer(2, 50),
        "cover": values.choice(["soft", "hard"]),
    }


def test_health_answers_as_before(client: Client, legacy: httpx2.Client) -> None:
    """GET /health answers exactly what the old service answers."""
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == legacy.get("/health").json()


def test_a_quote_costs_what_it_did(client: Client, legacy: httpx2.Client, values: Values) -> None:
    """GET /quote answers exactly what the old service answers, number for number."""
    for cover in ("soft", "hard", "hard"):
        query = quote_query(values) | {"cover": cover}
        answer = client.get("/quote", params=query)
        assert answer.status_code == 200
        assert answer.json() == legacy.get("/quote", params=query).json()


def test_a_quote_has_the_same_defaults(
    client: Client, legacy: httpx2.Client, values: Values
) -> None:
    """GET /quote may leave out copies and cover, and then takes one copy and a soft cover."""
    pages = {"pages": values.integer(40, 900)}
    for query in (pages, pages | {"copies": 7}, pages | {"cover": "hard"}):
        answer = client.get("/quote", params=query)
        assert answer.status_code == 200
        assert answer.json() == legacy.get("/quote", params=query).json()


def test_the_stock_is_the_same(client: Client, legacy: httpx2.Client, values: Values) -> None:
    """GET /stock/{isbn} answers exactly what the old service answers."""
    for _ in range(3):
        path = f"/stock/{values.isbn()}"
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.json() == legacy.get(path).json()


def test_an_order_answers_as_before(client: Client, legacy: httpx2.Client, values: Values) -> None:
    """POST /orders answers 201 with exactly what the old service answers."""
    for copies in (values.integer(1, 11), 12, values.integer(13, 200)):
        body = {"isbn": values.isbn(), "copies": copies}
        answer = client.post("/orders", json=body)
        assert answer.status_code == 201
        assert answer.json() == legacy.post("/orders", json=body).json()


def test_a_quote_that_crashed_the_old_service_is_a_422(
    client: Client, legacy: httpx2.Client, values: Values
) -> None:
    """GET /quote answers 422 and names the parameter where the old service crashed."""
    good = quote_query(values)
    for name, wrong in (("pages", None), ("pages", values.word()), ("copies", "two")):
        query = {key: value for key, value in (good | {name: wrong}).items() if value is not None}
        with pytest.raises((KeyError, ValueError)):
            legacy.get("/quote", params=query)
        answer = client.get("/quote", params=query)
        assert answer.status_code == 422
        assert [error["loc"] for error in answer.json()["detail"]] == [["query", name]]


def test_an_unknown_cover_is_a_422(client: Client, legacy: httpx2.Client, values: Values) -> None:
    """GET /quote answers 422 for a cover that the shop does not have."""
    query = quote_query(values) | {"cover": values.word()}
    with pytest.raises(KeyError):
        legacy.get("/quote", params=query)
    answer = client.get("/quote", params=query)
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [["query", "cover"]]


def test_an_order_that_crashed_the_old_service_is_a_422(
    client: Client, legacy: httpx2.Client, values: Values
) -> None:
    """POST /orders answers 422 for a body that is broken, or lacks a field, or has a wrong one."""
    isbn, copies = values.isbn(), values.integer(1, 99)
    as_json = {"Content-Type": "application/json"}
    for body in (b'{"isbn": ', b'{"isbn": "%s"}' % isbn.encode(), b'{"copies": %d}' % copies):
        with pytest.raises((KeyError, ValueError)):
            legacy.post("/orders", content=body, headers=as_json)
        answer = client.post("/orders", content=body, headers=as_json)
        assert answer.status_code == 422
    answer = client.post("/orders", json={"isbn": isbn, "copies": values.word()})
    assert answer.status_code == 422


def test_parameters_are_typed_in_the_documentation(client: Client) -> None:
    """The OpenAPI document says that pages and copies are whole numbers and cover is a choice."""
    document = client.get("/openapi.json").json()
    found = openapi.parameters(document, "GET", "/quote")
    assert set(found) == {"pages", "copies", "cover"}
    assert found["pages"]["required"] is True
    for name in ("pages", "copies"):
        types = openapi.types_in(document, found[name]["schema"])
        assert types == {"integer"}, f"{name} is documented as {types}; expected a whole number."
    choices = openapi.resolve(document, found["cover"]["schema"]).get("enum", [])
    assert sorted(choices) == ["hard", "soft"]


def test_answers_are_typed_in_the_documentation(client: Client) -> None:
    """The OpenAPI document describes each field of the answers, not just "some JSON"."""
    document = client.get("/openapi.json").json()
    wanted = {
        ("GET", "/quote", 200): {"pages", "copies", "cover", "total_cents"},
        ("GET", "/stock/{isbn}", 200): {"isbn", "copies"},
        ("POST", "/orders", 201): {"isbn", "copies", "boxes"},
    }
    for (method, path, status), fields in wanted.items():
        schema = openapi.answer_schema(document, method, path, status)
        described = set(schema.get("properties", {}))
        assert described == fields, (
            f"{method} {path} is documented with the fields {sorted(described)}; "
            f"expected {sorted(fields)}. A model as the return type describes them."
        )


def test_two_stock_requests_are_in_flight_at_once(
    client: Client, given: Given, values: Values
) -> None:
    """While one request waits for the warehouse, another one is served."""
    meeting = Rendezvous(parties=2)
    given("warehouse").wire = MeetingWire(meeting, copies := values.integer(1, 500))
    paths = [f"/stock/{values.isbn()}" for _ in range(2)]
    answers = client.together(*(client.build_request("GET", path) for path in paths))
    assert meeting.arrived, "GET /stock/{isbn} did not ask the warehouse."
    assert meeting.met, (
        "Two requests were sent at once, and the second one was not begun before the first was "
        "done: something blocks the event loop while it waits for the warehouse."
    )
    assert [answer.json()["copies"] for answer in answers] == [copies, copies]


class MeetingWire:
    """A wire whose answers come only once two questions are on their way at the same time."""

    def __init__(self, meeting: Rendezvous, copies: int) -> None:
        self.meeting = meeting
        self.copies = copies

    def ask(self, isbn: str) -> int:
        """Block the thread until both are there."""
        try:
            self.meeting.arrive_blocking()
        except RendezvousMissed:
            return 0
        return self.copies

    async def ask_async(self, isbn: str) -> int:
        """Await until both are there."""
        try:
            await self.meeting.arrive()
        except RendezvousMissed:
            return 0
        return self.copies
