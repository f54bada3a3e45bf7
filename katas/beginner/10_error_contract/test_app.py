"""How does FastAPI perform automatic validation of request data?"""

import logging
from typing import Any

import httpx2
import pytest

from checker.suite import Client, Values, openapi

AS_JSON = {"Content-Type": "application/json"}
PROMISED = {
    "type": "https://bookshop.example/problems/invalid-request",
    "title": "The request is not valid.",
    "status": 422,
}


def new_customer(values: Values) -> dict[str, Any]:
    """A customer as a client sends it, all of it valid."""
    return {
        "name": values.name(),
        "email": values.email(),
        "password": values.token(values.integer(13, 30)),
    }


def new_line(values: Values) -> dict[str, Any]:
    """One valid line of a basket."""
    return {"isbn": values.isbn(), "copies": values.integer(2, 98)}


def checkout_path(values: Values) -> str:
    """The path of a checkout in a branch that there is."""
    return f"/branches/{values.integer(2, 11)}/checkout"


def places(answer: httpx2.Response) -> set[tuple[str, str]]:
    """Where the errors of a refused request lie: a location with a pointer or a name."""
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert isinstance(errors, list), f"`errors` should be a list. It is {errors!r}."
    found = set()
    for error in errors:
        key = "pointer" if error["location"] == "body" else "name"
        found.add((error["location"], error[key]))
    return found


def only_error(answer: httpx2.Response) -> dict[str, Any]:
    """The error of a refused request that has only one."""
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert len(errors) == 1, f"One error was expected. `errors` has {len(errors)}: {errors}"
    error: dict[str, Any] = errors[0]
    return error


def follow(body: Any, pointer: str) -> Any:
    """The value that a JSON pointer (RFC 6901) leads to."""
    assert pointer.startswith("/"), (
        f"The pointer is {pointer!r}; in the plain form of RFC 6901 it begins with `/`."
    )
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        names = list(body) if isinstance(body, dict) else []
        known = name in names
        assert known, (
            f"The pointer {pointer!r} leads nowhere in the body that was sent: "
            f"it says {name!r}, and the names there are {names}."
        )
        body = body[name]
    return body


def test_a_customer_signs_up(client: Client, values: Values) -> None:
    """POST /customers answers 201 with the customer and no password, and GET finds the same."""
    customers = []
    shortest = {"name": values.token(1), "password": values.token(12)}
    for new in (new_customer(values), new_customer(values) | shortest):
        answer = client.post("/customers", json=new)
        assert answer.status_code == 201
        added = answer.json()
        assert isinstance(added["id"], int), f"`id` should be a whole number, in {added}."
        assert added == {"id": added["id"], "name": new["name"], "email": new["email"]}
        customers.append(added)
    for customer in customers:
        answer = client.get(f"/customers/{customer['id']}")
        assert answer.status_code == 200
        assert answer.json() == customer


def test_a_basket_is_understood(client: Client, values: Values) -> None:
    """POST /branches/{branch}/checkout answers with the basket, and knows what is left out."""
    left_out = {"express": False, "gift": False, "vouchers": {}}
    for text, express in (("yes", True), ("off", False), ("1", True), ("false", False)):
        branch = values.integer(1, 12)
        basket = {
            "lines": [new_line(values) for _ in range(values.integer(1, 3))],
            "gift": values.choice([True, False]),
            "vouchers": {values.word(): values.integer(1, 5000) for _ in range(2)},
        }
        answer = client.post(f"/branches/{branch}/checkout", params={"express": text}, json=basket)
        assert answer.status_code == 200
        assert answer.json() == {"branch": branch, "express": express, **basket}
        lines = {"lines": basket["lines"]}
        answer = client.post(f"/branches/{branch}/checkout", json=lines)
        assert answer.status_code == 200
        assert answer.json() == {"branch": branch, **left_out, **lines}


def test_other_errors_keep_their_form(client: Client, values: Values) -> None:
    """A 404 and a 405 are answered as FastAPI does by itself, headers included."""
    unknown = values.integer(1000, 9999)
    for method, path, status, detail in (
        ("GET", f"/customers/{unknown}", 404, f"There is no customer {unknown}."),
        ("GET", f"/{values.word()}", 404, "Not Found"),
        ("DELETE", "/customers", 405, "Method Not Allowed"),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.json() == {"detail": detail}
        kind = answer.headers.get("content-type", "nothing").partition(";")[0]
        assert kind == "application/json", (
            f"The {status} of {method} {path} is declared as {kind}; expected application/json."
        )
    allowed = answer.headers.get("allow", "")
    assert "POST" in allowed, (
        f"DELETE /customers answered 405 with Allow: {allowed or 'nothing'}; POST is allowed."
    )


def test_a_refusal_is_a_problem_document(client: Client, values: Values) -> None:
    """Every 422 is a problem document, with the promised type, title and status."""
    for method, path, body in (
        ("POST", "/customers", {}),
        ("GET", f"/customers/{values.word()}", None),
        ("POST", checkout_path(values), {"lines": []}),
    ):
        answer = client.request(method, path, json=body)
        assert answer.status_code == 422
        kind = answer.headers.get("content-type", "nothing").partition(";")[0]
        assert kind == "application/problem+json", (
            f"The problem document is declared as {kind}; expected application/problem+json."
        )
        problem = answer.json()
        assert {key: problem[key] for key in PROMISED} == PROMISED
        assert problem["errors"], "`errors` is empty, and a 422 has at least one error."
        for error in problem["errors"]:
            said = error["detail"]
            assert isinstance(said, str), f"`detail` should be a sentence. It is {said!r}."
            assert said, "`detail` is empty; it should say what is wrong."


def test_an_error_points_at_the_field(client: Client, values: Values) -> None:
    """POST /customers points at a field that is missing or breaks its rule."""
    wrong: dict[str, list[Any]] = {
        "name": ["", None, [values.name()]],
        "email": [values.word(), "", None],
        "password": [values.token(11), "", {}],
    }
    for field, refused in wrong.items():
        customer = new_customer(values)
        for value in refused:
            answer = client.post("/customers", json=customer | {field: value})
            assert places(answer) == {("body", f"/{field}")}
        del customer[field]
        answer = client.post("/customers", json=customer)
        assert places(answer) == {("body", f"/{field}")}


def test_a_pointer_leads_into_a_list(client: Client, values: Values) -> None:
    """POST …/checkout points at the one wrong value, however deep it lies in the basket."""
    isbn = values.isbn()
    wrong: dict[str, list[Any]] = {
        "isbn": [isbn[:-1], f"{isbn}0", f"{isbn[:-1]}X", None],
        "copies": [0, 100, -values.integer(1, 9), None],
    }
    path = checkout_path(values)
    for field, refused in wrong.items():
        for value in refused:
            lines = [new_line(values) for _ in range(4)]
            at = values.integer(0, 3)
            lines[at][field] = value
            answer = client.post(path, json={"lines": lines})
            assert places(answer) == {("body", f"/lines/{at}/{field}")}
    assert places(client.post(path, json={"lines": []})) == {("body", "/lines")}
    assert places(client.post(path, json={"gift": True})) == {("body", "/lines")}
    for copies in (1, 99):
        answer = client.post(path, json={"lines": [{"isbn": isbn, "copies": copies}]})
        assert answer.status_code == 200


def test_a_parameter_has_a_name(client: Client, values: Values) -> None:
    """An error in the path or the query has the parameter's name, and no pointer."""
    basket = {"lines": [new_line(values)]}
    for place, method, path in (
        (("path", "customer_id"), "GET", f"/customers/{values.word()}"),
        (("path", "branch"), "POST", "/branches/0/checkout"),
        (("path", "branch"), "POST", "/branches/13/checkout"),
        (("query", "express"), "POST", f"{checkout_path(values)}?express={values.word()}"),
    ):
        answer = client.request(method, path, json=basket if method == "POST" else None)
        assert places(answer) == {place}
        for error in answer.json()["errors"]:
            pointer = error.get("pointer")
            assert pointer is None, (
                f"The error about the {place[0]} has the pointer {pointer!r}. "
                "A JSON pointer leads into a JSON document, and only the body is one."
            )
    for branch in (1, 12):
        assert client.post(f"/branches/{branch}/checkout", json=basket).status_code == 200


def test_all_errors_are_told_at_once(client: Client, values: Values) -> None:
    """A 422 has every error of the request: in the path, in the query and in the body."""
    answer = client.post("/customers", json={"name": "", "email": values.word()})
    assert places(answer) == {("body", "/name"), ("body", "/email"), ("body", "/password")}
    answer = client.post(
        f"/branches/{values.word()}/checkout",
        params={"express": values.word()},
        json={"lines": [{"isbn": values.isbn()[:7]}, new_line(values), {"copies": 0}], "gift": []},
    )
    assert places(answer) == {
        ("path", "branch"),
        ("query", "express"),
        ("body", "/lines/0/isbn"),
        ("body", "/lines/0/copies"),
        ("body", "/lines/2/isbn"),
        ("body", "/lines/2/copies"),
        ("body", "/gift"),
    }


def test_a_body_is_not_converted(client: Client, values: Values) -> None:
    """A text in the body is no number, and a number is neither a text nor true or false."""
    number = values.integer(2, 98)
    line, path = new_line(values), checkout_path(values)
    code = values.word()
    for pointer, basket in (
        ("/lines/0/copies", {"lines": [line | {"copies": str(number)}]}),
        ("/lines/0/copies", {"lines": [line | {"copies": True}]}),
        ("/lines/0/isbn", {"lines": [line | {"isbn": int(line["isbn"])}]}),
        ("/gift", {"lines": [line], "gift": values.choice(["no", "yes", "false", "true"])}),
        ("/gift", {"lines": [line], "gift": 0}),
        ("/gift", {"lines": [line], "gift": 1}),
        (f"/vouchers/{code}", {"lines": [line], "vouchers": {code: str(number)}}),
        (f"/vouchers/{code}", {"lines": [line], "vouchers": {code: True}}),
    ):
        assert places(client.post(path, json=basket)) == {("body", pointer)}
    for field in ("name", "email", "password"):
        answer = client.post("/customers", json=new_customer(values) | {field: 10**12 + number})
        assert places(answer) == {("body", f"/{field}")}


def test_a_pointer_leads_to_any_code(client: Client, values: Values) -> None:
    """A voucher's code may have `/` and `~` in it, and the pointer still leads to its value."""
    word, path = values.word(), checkout_path(values)
    for code in (word, f"{word}/26", f"{word}~126", f"{word}~0/1", f"/{word}", f"{word} 5%", "~"):
        basket: dict[str, Any] = {
            "lines": [new_line(values)],
            "vouchers": {"FIRST": 500, code: -values.integer(1, 500), "LAST": 1},
        }
        pointer = str(only_error(client.post(path, json=basket))["pointer"])
        assert follow(basket, pointer) == basket["vouchers"][code], (
            f"The value of the voucher {code!r} is wrong; the pointer {pointer!r} leads elsewhere."
        )
    answer = client.post(path, json=basket | {"vouchers": {word: 0}})
    assert places(answer) == {("body", f"/vouchers/{word}")}


def test_a_body_that_is_not_json(client: Client, values: Values) -> None:
    """A body that is not JSON is a 422 like any other, and points at the body as a whole."""
    name = values.name()
    for broken in (f'{{"name": "{name}", ', f"{{'name': '{name}'}}", name, f'"{name}'):
        for path in ("/customers", checkout_path(values)):
            answer = client.post(path, content=broken, headers=AS_JSON)
            assert places(answer) == {("body", "")}
            only_error(answer)


def test_a_body_that_is_not_declared_as_json(client: Client, values: Values) -> None:
    """A body without a JSON content type is refused, and the answer says which type to send."""
    bodies = {
        "/customers": new_customer(values),
        checkout_path(values): {"lines": [new_line(values)]},
    }
    for path, body in bodies.items():
        content = client.build_request("POST", path, json=body).content
        for declared in ("text/plain", "application/x-www-form-urlencoded", None):
            headers = {"Content-Type": declared} if declared else {}
            answer = client.post(path, content=content, headers=headers)
            assert places(answer) == {("body", "")}
            told = only_error(answer)["detail"]
            assert "application/json" in told, (
                f"The body was sent with {declared or 'no content type'}, and the client reads "
                f"{told!r}. The detail should name application/json."
            )
        declared = "application/json; charset=utf-8"
        answer = client.post(path, content=content, headers={"Content-Type": declared})
        assert answer.is_success, (
            f"{path} answered {answer.status_code} to JSON sent as {declared}."
        )
        answer = client.post(path, json=[body])
        assert answer.status_code == 422
        for error in answer.json()["errors"]:
            assert "application/json" not in error["detail"], (
                "A list was sent, declared as application/json, and the client reads "
                f"{error['detail']!r}."
            )


def refused_bodies(values: Values, password: str) -> dict[str, dict[str, Any]]:
    """Arguments of requests that are refused, each with a password in it."""
    good = new_customer(values) | {"password": password}
    nameless = {key: value for key, value in good.items() if key != "name"}
    plain = {"Content-Type": "text/plain"}
    text = f'{{"name": "{good["name"]}", "email": "{good["email"]}", "password": "{password}"'
    return {
        "a password that is too short": {"json": good | {"password": password[:8]}},
        "a good password beside a missing name": {"json": nameless},
        "a good password beside a wrong email": {"json": good | {"email": values.word()}},
        "a password in a list": {"json": good | {"password": [password]}},
        "a customer in a list": {"json": [good]},
        "a password alone": {"json": password},
        "a body that ends too early": {"content": text, "headers": AS_JSON},
        "a body declared as text": {"content": f"{text}}}", "headers": plain},
    }


def test_what_was_sent_is_never_repeated(client: Client, values: Values) -> None:
    """A 422 never repeats what the client sent: not a password, and no other value."""
    password = values.token(24)
    for what, arguments in refused_bodies(values, password).items():
        answer = client.post("/customers", **arguments)
        assert answer.status_code == 422
        assert password[:8] not in answer.text, (
            f"The client sent {what}, and the answer repeats the password."
        )
    other = values.token(24)
    checkout = checkout_path(values)
    for method, path, body in (
        ("POST", "/customers", new_customer(values) | {"email": other}),
        ("GET", f"/customers/{other}", None),
        ("POST", f"{checkout}?express={other}", {}),
        ("POST", checkout, {"lines": [{"isbn": other, "copies": 1}], "gift": other}),
    ):
        answer = client.request(method, path, json=body)
        assert answer.status_code == 422
        assert other not in answer.text, f"The answer repeats {other!r}, which the client sent."
    endless = f'{{"lines": [{{"isbn": "{values.isbn()}", "copies": 1e999}}]}}'
    answer = client.post(checkout, content=endless, headers=AS_JSON)
    assert places(answer) == {("body", "/lines/0/copies")}


def test_a_password_is_not_logged(
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    client: Client,
    values: Values,
) -> None:
    """A refused request leaves no password in the log or on the console."""
    caplog.set_level(logging.DEBUG)
    password = values.token(24)
    for what, arguments in refused_bodies(values, password).items():
        answer = client.post("/customers", **arguments)
        assert answer.status_code == 422
        printed = "".join(capsys.readouterr())
        print(printed, end="")  # so that it is still shown with the test
        logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
        for where, text in (("printed on the console", printed), ("written to the log", logged)):
            assert password[:8] not in text, (
                f"The client sent {what}, and the password was {where}. "
                "The exception holds all that was sent: in its text, its errors and its `body`."
            )


def test_the_problem_is_documented(client: Client) -> None:
    """The OpenAPI document describes the 422 that is really sent, not FastAPI's own form."""
    document = client.get("/openapi.json").json()
    for method, path in (
        ("POST", "/customers"),
        ("GET", "/customers/{customer_id}"),
        ("POST", "/branches/{branch}/checkout"),
    ):
        answers = openapi.operation(document, method, path).get("responses", {})
        content = answers.get("422", {}).get("content", {})
        kinds = ("application/problem+json", "application/json")
        schemas = [content[kind]["schema"] for kind in kinds if "schema" in content.get(kind, {})]
        assert schemas, f"The OpenAPI document describes no JSON for the 422 of {method} {path}."
        schema = openapi.resolve(document, schemas[0])
        described = schema.get("properties", {})
        complete = {*PROMISED, "errors"} <= set(described)
        assert complete, (
            f"The 422 of {method} {path} is documented with the fields {sorted(described)}; "
            "expected type, title, status and errors."
        )
