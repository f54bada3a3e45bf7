"""What are the key features of FastAPI that make it popular for building APIs?"""

from datetime import date, timedelta
from types import ModuleType
from typing import Any

import httpx2

from checker.suite import Client, Given, Rendezvous, RendezvousMissed, Values, openapi

ZONES = ("domestic", "europe", "world")
PATH = "/postage/{zone}"
TRACKING_CENTS = 250
LOC = "The 422 should name in `loc` the place of each mistake, and no other place:"


def parcel(values: Values) -> dict[str, Any]:
    """A whole, valid query of GET /postage/{zone}, whose parcel arrives in the same month."""
    sent_on = date(values.integer(2026, 2035), values.integer(1, 12), values.integer(1, 10))
    return {
        "grams": values.integer(1, 20_000),
        "tracked": "false",
        "sent_on": sent_on.isoformat(),
    }


def arrival(sent_on: str, days: int) -> str:
    """The day of arrival, as JSON says it."""
    return (date.fromisoformat(sent_on) + timedelta(days=days)).isoformat()


def mistakes(answer: httpx2.Response) -> set[tuple[Any, ...]]:
    """Where FastAPI's own 422 says that the mistakes are: the `loc` of each."""
    detail = answer.json()["detail"]
    assert all(isinstance(error, dict) for error in detail), (
        "FastAPI's own 422 has in `detail` a list with one object for each mistake; "
        f"this one says {detail!r}. Declare the rule in the signature, and FastAPI writes the list."
    )
    return {tuple(error["loc"]) for error in detail}


def kinds(document: dict[str, Any], schemas: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The documented kind of each schema: `date` for a date, else its JSON type."""
    return {
        name: openapi.resolve(document, schema).get("format")
        or " or ".join(sorted(openapi.types_in(document, schema)))
        for name, schema in schemas.items()
    }


def limits(schema: dict[str, Any]) -> tuple[int | None, int | None]:
    """The smallest and the largest whole number that a schema allows; None for no limit."""
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    if lowest is None and "exclusiveMinimum" in schema:
        lowest = schema["exclusiveMinimum"] + 1
    if highest is None and "exclusiveMaximum" in schema:
        highest = schema["exclusiveMaximum"] - 1
    return lowest, highest


def test_a_parcel_gets_a_quote(client: Client, given: Given, values: Values) -> None:
    """GET /postage/{zone} answers with the parcel, its price and its arrival."""
    for zone in ZONES:
        query = parcel(values)
        rate = given("carrier").Carrier().rate(zone, query["grams"])
        answer = client.get(f"/postage/{zone}", params=query)
        assert answer.status_code == 200
        assert answer.json() == {
            "zone": zone,
            "grams": query["grams"],
            "tracked": False,
            "total_cents": rate.cents,
            "arrives_on": arrival(query["sent_on"], rate.days),
        }


def test_tracking_may_be_left_out(client: Client, given: Given, values: Values) -> None:
    """The parameter `tracked` has a default: left out, it means no."""
    zone, query = values.choice(ZONES), parcel(values)
    del query["tracked"]
    rate = given("carrier").Carrier().rate(zone, query["grams"])
    answer = client.get(f"/postage/{zone}", params=query)
    assert answer.status_code == 200
    quoted = answer.json()
    assert quoted["tracked"] is False, "The field `tracked`, when the parameter was left out:"
    assert quoted["total_cents"] == rate.cents, "The field `total_cents`, without tracking:"


def test_yes_and_no_become_true_and_false(client: Client, given: Given, values: Values) -> None:
    """The type `bool` reads yes and no as people write them; yes adds 250 cents."""
    zone, query = values.choice(ZONES), parcel(values)
    rate = given("carrier").Carrier().rate(zone, query["grams"])
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    for word in values.shuffled([*words]):
        answer = client.get(f"/postage/{zone}", params=query | {"tracked": word})
        assert answer.status_code == 200
        quoted = answer.json()
        cents = rate.cents + (TRACKING_CENTS if words[word] else 0)
        assert quoted["tracked"] is words[word], f"The field `tracked`, for tracked={word}:"
        assert quoted["total_cents"] == cents, f"The field `total_cents`, for tracked={word}:"


def test_a_date_is_a_date_and_no_text(client: Client, given: Given, values: Values) -> None:
    """The type `date` gives a real date: days added to it reach the next month."""
    zone, query = values.choice(ZONES), parcel(values)
    days = given("carrier").Carrier().rate(zone, query["grams"]).days
    leap = values.choice([2028, 2032, 2036])
    ends = [date(leap, 2, 28), date(leap + 1, 2, 28), date(leap, 4, 30), date(leap, 12, 31)]
    for end in ends:
        sent_on = end.isoformat()
        answer = client.get(f"/postage/{zone}", params=query | {"sent_on": sent_on})
        assert answer.status_code == 200
        assert answer.json()["arrives_on"] == arrival(sent_on, days), (
            f"The field `arrives_on`, for a parcel that is under way for {days} days:"
        )


def test_what_does_not_fit_its_type_is_a_422(client: Client, values: Values) -> None:
    """What is missing or does not fit its type is a 422 that says where."""
    zone, query = values.choice(ZONES), parcel(values)
    for name, wrong in (
        ("grams", None),
        ("grams", values.word()),
        ("grams", f"{query['grams']}.5"),
        ("tracked", values.word()),
        ("sent_on", None),
        ("sent_on", values.word()),
        ("sent_on", f"{values.year()}-02-30"),
    ):
        bad = {key: value for key, value in (query | {name: wrong}).items() if value is not None}
        answer = client.get(f"/postage/{zone}", params=bad)
        assert answer.status_code == 422
        assert mistakes(answer) == {("query", name)}, LOC
    answer = client.get(f"/postage/{values.word()}", params=query)
    assert answer.status_code == 422
    assert mistakes(answer) == {("path", "zone")}, LOC


def test_the_weight_has_limits(client: Client, values: Values) -> None:
    """The limits of `grams` are checked, and the OpenAPI document shows them."""
    zone, query = values.choice(ZONES), parcel(values)
    for allowed in (1, 20_000):
        answer = client.get(f"/postage/{zone}", params=query | {"grams": allowed})
        assert answer.status_code == 200
    for refused in (0, 20_001, -query["grams"], 20_000 + query["grams"]):
        answer = client.get(f"/postage/{zone}", params=query | {"grams": refused})
        assert answer.status_code == 422
        assert mistakes(answer) == {("query", "grams")}, LOC
    document = client.get("/openapi.json").json()
    grams = openapi.parameters(document, "GET", PATH).get("grams", {})
    shown = limits(openapi.resolve(document, grams.get("schema", {})))
    assert shown == (1, 20_000), (
        f"The OpenAPI document gives `grams` the limits {shown}; expected (1, 20000). "
        "Limits that FastAPI checks for you are documented too."
    )


def test_every_mistake_is_reported_at_once(client: Client, values: Values) -> None:
    """Two mistakes in one request are both listed in one 422."""
    zone, query = values.choice(ZONES), parcel(values)
    del query["sent_on"]
    answer = client.get(f"/postage/{zone}", params=query | {"grams": values.word()})
    assert answer.status_code == 422
    assert mistakes(answer) == {("query", "grams"), ("query", "sent_on")}, LOC


def test_two_pages_document_the_endpoint(client: Client) -> None:
    """/docs and /redoc load the OpenAPI document, which describes the endpoint."""
    for page in ("/docs", "/redoc"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "/openapi.json" in answer.text, f"The page at {page} does not load /openapi.json."
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    assert openapi.operation(answer.json(), "GET", PATH)


def test_the_type_hints_document_the_parameters(client: Client) -> None:
    """The type hints document each parameter, and `zone` as a choice of words."""
    document = client.get("/openapi.json").json()
    found = openapi.parameters(document, "GET", PATH)
    schemas = {name: parameter["schema"] for name, parameter in found.items()}
    wanted = {"zone": "string", "grams": "integer", "tracked": "boolean", "sent_on": "date"}
    assert kinds(document, schemas) == wanted, (
        f"The OpenAPI document should describe the parameters of GET {PATH} as the contract does:"
    )
    choices = openapi.resolve(document, schemas["zone"]).get("enum", [])
    assert set(choices) == set(ZONES), (
        f"The OpenAPI document should show the choices of `zone`; it shows {choices}. "
        "A `Literal` or an `Enum` is documented as a choice:"
    )


def test_the_response_model_documents_the_quote(client: Client) -> None:
    """The response model documents each field of the quote with its type."""
    document = client.get("/openapi.json").json()
    schema = openapi.answer_schema(document, "GET", PATH, 200)
    wanted = {
        "zone": "string",
        "grams": "integer",
        "tracked": "boolean",
        "total_cents": "integer",
        "arrives_on": "date",
    }
    assert kinds(document, schema.get("properties", {})) == wanted, (
        "The OpenAPI document should describe the fields of the quote as the contract does. "
        "It reads them from the return type, when that is a model:"
    )


def test_the_carrier_can_be_replaced(
    client: Client, module: ModuleType, given: Given, values: Values
) -> None:
    """What `Depends` injects can be replaced, and the replacement is used."""
    assert hasattr(module, "get_carrier"), (
        "app.py has no `get_carrier`, the dependency that provides the carrier."
    )
    stand_in = StandIn(given("carrier").Rate, values)
    module.app.dependency_overrides[module.get_carrier] = lambda: stand_in
    for zone in ZONES:
        query = parcel(values)
        rate = stand_in.rate(zone, query["grams"])
        answer = client.get(f"/postage/{zone}", params=query)
        assert answer.status_code == 200
        quoted = {name: answer.json()[name] for name in ("total_cents", "arrives_on")}
        wanted = {"total_cents": rate.cents, "arrives_on": arrival(query["sent_on"], rate.days)}
        assert quoted == wanted, (
            "The test replaced `get_carrier` in `app.dependency_overrides`, and the quote does "
            "not come from the replacement. Only what FastAPI injects by `Depends` is replaced:"
        )


def test_only_a_valid_request_reaches_the_carrier(
    client: Client, given: Given, values: Values
) -> None:
    """A quote asks the carrier once, and a refused request never asks it."""
    wire = given("carrier").wire = RecordingWire(given("carrier").Rate(values.integer(1, 999), 3))
    zone, query = values.choice(ZONES), parcel(values)
    answer = client.get(f"/postage/{zone}", params=query)
    assert answer.status_code == 200
    assert wire.asked == [(zone, query["grams"])], (
        "One quote should ask the carrier once, about its parcel. The zones and grams asked for:"
    )
    refused = [query | {name: values.word()} for name in query]
    for bad in (*refused, query | {"grams": 0}, query | {"grams": 20_001}):
        wire.asked.clear()
        answer = client.get(f"/postage/{zone}", params=bad)
        assert answer.status_code == 422
        assert not wire.asked, (
            f"This request was refused, and yet the carrier was asked about {wire.asked}. "
            "Inside the endpoint's own function all parameters are valid already: ask it there."
        )


def test_two_quotes_are_made_at_once(client: Client, given: Given, values: Values) -> None:
    """While one request waits for the carrier, another one is served."""
    rate = given("carrier").Rate(values.integer(100, 999), values.integer(2, 9))
    wire = given("carrier").wire = MeetingWire(rate)
    queries = [parcel(values) for _ in range(2)]
    answers = client.together(
        *(client.build_request("GET", "/postage/world", params=query) for query in queries)
    )
    assert wire.meeting.arrived, "GET /postage/{zone} did not ask the carrier of carrier.py."
    assert not wire.missed, (
        "Two requests were sent at once, and while the first one waited for the carrier, the "
        "second one did not come through to it. `Carrier.rate` blocks: inside `async def` it "
        "holds up every other request, inside a plain `def` only its own thread."
    )
    assert [answer.json()["total_cents"] for answer in answers] == [rate.cents, rate.cents]


class StandIn:
    """A carrier with prices and days of its own, each zone another."""

    def __init__(self, rate: Any, values: Values) -> None:
        self.make_rate = rate
        self.cents = {zone: values.integer(30_000, 90_000) for zone in ZONES}
        self.days = {zone: values.integer(13, 17) for zone in ZONES}

    def rate(self, zone: str, grams: int) -> Any:
        """Answer at once."""
        return self.make_rate(self.cents[zone] + grams, self.days[zone])


class RecordingWire:
    """A wire that remembers what it was asked."""

    def __init__(self, rate: Any) -> None:
        self.rate = rate
        self.asked: list[tuple[str, int]] = []

    def ask(self, zone: str, grams: int) -> Any:
        """Answer at once."""
        self.asked.append((zone, grams))
        return self.rate


class MeetingWire:
    """A wire whose answers come only once two questions are on their way at the same time."""

    def __init__(self, rate: Any) -> None:
        self.rate = rate
        self.meeting = Rendezvous(parties=2)
        self.missed = False

    def ask(self, zone: str, grams: int) -> Any:
        """Block the thread until both are there."""
        try:
            self.meeting.arrive_blocking()
        except RendezvousMissed:
            self.missed = True
        return self.rate
