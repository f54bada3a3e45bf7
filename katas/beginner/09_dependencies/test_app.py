"""What is the role of Depends in FastAPI, and how do you use it for dependency injection?"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from types import ModuleType
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from starlette.routing import NoMatchFound

from checker.suite import Client, Given, Rendezvous, RendezvousMissed, Values, openapi

LISTS = ("/books", "/staff/orders")


@pytest.fixture
def stockroom(given: Given, values: Values) -> Any:
    """The given stockroom, filled with made-up things: sixty books, sixty orders, three members."""
    room = given("stockroom")
    made = new_stock(room, values)
    room.stock.books, room.stock.orders, room.stock.members = made.books, made.orders, made.members
    return room


def new_stock(room: Any, values: Values) -> Any:
    """A stock of made-up things."""
    ids = values.sample(range(100, 1000), 60)
    return room.Stock(
        books=[room.Book(book_id, values.title(), values.name()) for book_id in ids],
        orders=[
            room.Order(order_id, values.choice(ids), values.integer(1, 9))
            for order_id in values.sample(range(5000, 9000), 60)
        ],
        members={values.token(): room.Member(values.name()) for _ in range(3)},
    )


def some_key(stock: Any, values: Values) -> dict[str, str]:
    """The header with the key of one of the members."""
    return {"X-API-Key": values.choice(list(stock.members))}


def some_part(values: Values) -> dict[str, int]:
    """A part of sixty things, neither the first one nor of the usual size."""
    return {"offset": values.integer(1, 30), "limit": values.integer(2, 9)}


def expected(items: Sequence[Any], offset: int = 0, limit: int = 10) -> list[dict[str, Any]]:
    """A part of a list, as it should come."""
    return [asdict(item) for item in items[offset : offset + limit]]


def every_request(stock: Any, values: Values) -> list[tuple[str, str, dict[str, str]]]:
    """One good request to each endpoint: method, path and headers; the staff pages come last."""
    key, book = some_key(stock, values), values.choice(stock.books)
    return [
        ("GET", "/books", {}),
        ("GET", "/staff/me", key),
        ("GET", "/staff/orders", key),
        ("DELETE", f"/staff/books/{book.id}", key),
    ]


def test_a_list_starts_with_ten_books(client: Client, stockroom: Any, values: Values) -> None:
    """GET /books answers with ten books, from the first one or from the offset."""
    answer = client.get("/books")
    assert answer.status_code == 200
    assert answer.json() == expected(stockroom.stock.books)
    offset = values.integer(1, 30)
    answer = client.get("/books", params={"offset": offset})
    assert answer.status_code == 200
    assert answer.json() == expected(stockroom.stock.books, offset)


def test_a_request_says_which_books(client: Client, stockroom: Any, values: Values) -> None:
    """GET /books answers with the part that offset and limit ask for."""
    for part in (some_part(values), some_part(values)):
        answer = client.get("/books", params=part)
        assert answer.status_code == 200
        assert answer.json() == expected(stockroom.stock.books, **part)
    limit = values.integer(2, 9)
    answer = client.get("/books", params={"limit": limit})
    assert answer.json() == expected(stockroom.stock.books, limit=limit), (
        "This request has no offset, so it starts with the first book, whatever the requests "
        "before it asked for."
    )


def test_a_key_belongs_to_a_member(client: Client, stockroom: Any) -> None:
    """GET /staff/me answers with the name of the member whose key was sent."""
    for key, member in stockroom.stock.members.items():
        answer = client.get("/staff/me", headers={"X-API-Key": key})
        assert answer.status_code == 200
        assert answer.json() == {"name": member.name}


def test_orders_come_in_parts_too(client: Client, stockroom: Any, values: Values) -> None:
    """GET /staff/orders takes offset and limit by the same rules as GET /books."""
    key = some_key(stockroom.stock, values)
    for part in ({}, some_part(values)):
        answer = client.get("/staff/orders", params=part, headers=key)
        assert answer.status_code == 200
        assert answer.json() == expected(stockroom.stock.orders, **part)


def test_a_part_that_cannot_be_is_refused(client: Client, stockroom: Any, values: Values) -> None:
    """Both lists answer 422 to an offset or a limit that is out of bounds."""
    key = some_key(stockroom.stock, values)
    word = values.word()
    bad: list[dict[str, int | str]] = [
        {"offset": -1},
        {"limit": 0},
        {"limit": 51},
        {"offset": word},
        {"limit": word},
    ]
    for path in LISTS:
        for wrong in bad:
            answer = client.get(path, params=wrong, headers=key)
            assert answer.status_code == 422
        for limit in (1, 50):
            answer = client.get(path, params={"offset": 0, "limit": limit}, headers=key)
            assert answer.status_code == 200
            got = len(answer.json())
            assert got == limit, f"GET {path} answered with {got} items to a limit of {limit}."


def test_a_member_takes_a_book_off_the_shelf(
    client: Client, stockroom: Any, values: Values
) -> None:
    """DELETE /staff/books/{book_id} answers 204 and the book is gone, or 404."""
    key = some_key(stockroom.stock, values)
    shelf = list(stockroom.stock.books)
    book = values.choice(shelf)
    answer = client.delete(f"/staff/books/{book.id}", headers=key)
    assert answer.status_code == 204
    shelf.remove(book)
    only_this_is_gone = stockroom.stock.books == shelf
    assert only_this_is_gone, f"Book {book.id} should be gone from the stockroom, and no other."
    answer = client.delete(f"/staff/books/{book.id}", headers=key)
    assert answer.status_code == 404


def test_without_a_members_key_the_staff_pages_are_401(
    client: Client, stockroom: Any, values: Values
) -> None:
    """The staff pages answer 401 without a member's key, and change nothing."""
    shelf = list(stockroom.stock.books)
    pages = [request[:2] for request in every_request(stockroom.stock, values)[1:]]
    pages.append(("DELETE", f"/staff/books/{values.integer(1000, 9999)}"))
    for method, path in pages:
        answer = client.request(method, path)
        assert answer.status_code == 401
        answer = client.request(method, path, headers={"X-API-Key": values.token()})
        assert answer.status_code == 401
    unchanged = stockroom.stock.books == shelf
    assert unchanged, (
        "A request was answered with 401, and its book is gone all the same: the guard has to "
        "refuse before the handler works."
    )


def test_each_request_opens_a_session_and_closes_it(
    client: Client, stockroom: Any, values: Values
) -> None:
    """Each request has a session of its own, opened for it and closed after it."""
    for method, path, headers in every_request(stockroom.stock, values):
        since = len(stockroom.record)
        answer = client.request(method, path, headers=headers)
        check_sessions(f"{method} {path}", stockroom.record[since:])
        assert answer.is_success, f"{method} {path} answered {answer.status_code}."


def test_the_session_is_closed_whatever_happens(
    client: Client, stockroom: Any, values: Values
) -> None:
    """The session is closed also when a request fails, for whatever reason."""
    requests = every_request(stockroom.stock, values)
    uses = ("books", "find_member", "orders", "remove_book")
    for (method, path, headers), use in zip(requests, uses, strict=True):
        stockroom.stock.out_of_order = {use}
        since = len(stockroom.record)
        client.request(method, path, headers=headers)
        check_sessions(f"{method} {path}, in which the stockroom failed,", stockroom.record[since:])
    stockroom.stock.out_of_order = set()
    since = len(stockroom.record)
    path = f"/staff/books/{values.integer(1000, 9999)}"
    client.delete(path, headers=some_key(stockroom.stock, values))
    check_sessions(f"DELETE {path}, a book that is not there,", stockroom.record[since:])
    since = len(stockroom.record)
    client.get("/staff/me", headers={"X-API-Key": values.token()})
    check_sessions("GET /staff/me with a key that is nobody's", stockroom.record[since:])


def test_a_request_does_everything_once(client: Client, stockroom: Any, values: Values) -> None:
    """Guard and handler share one session, and the key is looked up once."""
    for method, path, headers in every_request(stockroom.stock, values):
        since = len(stockroom.record)
        client.request(method, path, headers=headers)
        happened = [event.what for event in stockroom.record[since:]]
        opened, looked_up = happened.count("opened"), happened.count("find_member")
        assert opened == 1, (
            f"{method} {path} opened {opened} sessions, where one was enough for all that need it."
        )
        if headers:
            assert looked_up == 1, (
                f"{method} {path} looked its key up {looked_up} times, where once was enough."
            )


def test_the_documentation_says_what_dependencies_read(client: Client) -> None:
    """The OpenAPI document describes what the dependencies read."""
    document = client.get("/openapi.json").json()
    for path in LISTS:
        found = openapi.parameters(document, "GET", path)
        for name in ("offset", "limit"):
            is_there = name in found
            assert is_there, (
                f"GET {path} is documented without {name!r}; it has "
                f"{', '.join(found) or 'no parameters'}. FastAPI documents what a dependency "
                "declares as a parameter."
            )
            types = openapi.types_in(document, found[name]["schema"])
            assert types == {"integer"}, (
                f"{name} of GET {path} is documented as {', '.join(types)}, not as a whole number."
            )
    staff = [("GET", "/staff/me"), ("GET", "/staff/orders"), ("DELETE", "/staff/books/{book_id}")]
    for method, path in staff:
        names = [name.lower() for name in openapi.parameters(document, method, path)]
        secured = openapi.operation(document, method, path).get("security")
        is_there = "x-api-key" in names or bool(secured)
        assert is_there, (
            f"{method} {path} is documented as if it needed no key. `Header` and `APIKeyHeader` "
            "both document what they read."
        )


def test_a_page_that_is_added_later_needs_a_key(
    client: Client, module: ModuleType, stockroom: Any, values: Values
) -> None:
    """The router `staff` is guarded as a whole, also a page that is added later."""
    staff = getattr(module, "staff", None)
    assert isinstance(staff, APIRouter), "app.py should have an `APIRouter` named `staff`."
    text, page = values.title(), values.word()
    staff.add_api_route(f"/{page}", lambda: {"notice": text}, name=page)
    try:
        address = str(module.app.url_path_for(page))
    except NoMatchFound:
        raise AssertionError("The router `staff` is not included in the app.") from None
    answer = client.get(address, headers=some_key(stockroom.stock, values))
    assert answer.status_code == 200
    answer = client.get(address)
    assert not answer.is_success, (
        f"A page was added to the router `staff`, and GET {address} was answered without a key. "
        "A guard on the router itself guards all its pages."
    )


def test_the_session_can_be_replaced(
    client: Client, module: ModuleType, stockroom: Any, values: Values
) -> None:
    """A test can replace `get_session`, and everything uses the other session."""
    get_session = dependency(module, "get_session")
    other, made = new_stock(stockroom, values), []

    def replacement() -> Any:
        session = stockroom.Session(other)
        made.append(session.number)
        return session

    module.app.dependency_overrides[get_session] = replacement
    book, key = values.choice(other.books), some_key(other, values)
    found = {
        "/books": other.books[0].title,
        "/staff/me": other.members[key["X-API-Key"]].name,
        "/staff/orders": str(other.orders[0].id),
    }
    for path, text in found.items():
        answer = client.get(path, headers=key)
        is_there = text in answer.text
        assert is_there, (
            f"`get_session` was replaced, and GET {path} did not answer from the other session: "
            f"there is no {text!r} in its answer."
        )
    client.delete(f"/staff/books/{book.id}", headers=key)
    is_gone = book not in other.books
    assert is_gone, (
        "`get_session` was replaced, and DELETE /staff/books/{book_id} did not remove the book "
        "through the other session."
    )
    own = {event.session for event in stockroom.record} - set(made)
    opened_none = not own
    assert opened_none, (
        "`get_session` was replaced, and the app opened a session of its own as well."
    )


def test_the_guard_can_be_replaced(
    client: Client, module: ModuleType, stockroom: Any, values: Values
) -> None:
    """A test can replace `staff_member`, and the staff pages ask for no key."""
    staff_member = dependency(module, "staff_member")
    member = stockroom.Member(values.name())
    module.app.dependency_overrides[staff_member] = lambda: member
    answers = {}
    for method, path, _ in every_request(stockroom.stock, values)[1:]:
        answer = answers[path] = client.request(method, path)
        assert answer.is_success, (
            f"`staff_member` was replaced by one that knows everybody, and {method} {path} "
            f"answered {answer.status_code} without a key."
        )
    is_there = member.name in answers["/staff/me"].text
    assert is_there, (
        f"`staff_member` was replaced by one that gives {member.name}, and GET /staff/me "
        "answered with somebody else."
    )


def test_two_requests_at_once_have_a_session_each(
    client: Client, module: ModuleType, stockroom: Any
) -> None:
    """A request that ends does not close the session of another one."""
    get_session = dependency(module, "get_session")
    both_are_in, first_is_out = Rendezvous(), Rendezvous()
    second: list[Future[Any]] = []

    def first_page(_session: Annotated[Any, Depends(get_session)]) -> None:
        second.append(pool.submit(client.get, "/second"))
        both_are_in.arrive_blocking()

    def second_page(session: Annotated[Any, Depends(get_session)]) -> list[Any]:
        both_are_in.arrive_blocking()
        first_is_out.arrive_blocking()
        return [asdict(book) for book in session.books(0, 1)]

    module.app.add_api_route("/first", first_page)
    module.app.add_api_route("/second", second_page)
    with ThreadPoolExecutor() as pool:
        client.get("/first")
        with suppress(RendezvousMissed):
            first_is_out.arrive_blocking()
    assert both_are_in.met, (
        "This test added two pages that depend on `get_session`, and asked for both at the same "
        "time. The app served them one after the other."
    )
    answer = second[0].result()
    assert answer.status_code == 200, (
        "This test added two pages that depend on `get_session`, and asked for both at the same "
        "time. The first request ended, and the second one could not use its session any more."
    )
    assert answer.json() == expected(stockroom.stock.books, limit=1)


def dependency(module: ModuleType, name: str) -> Any:
    """A dependency of the app whose name the contract fixes."""
    found = getattr(module, name, None)
    assert callable(found), f"app.py should have a dependency named `{name}`."
    return found


def check_sessions(asked: str, events: Sequence[Any]) -> None:
    """Check that every session of a request was opened in it, and is closed now."""
    assert events, f"{asked} did not use the stockroom."
    for number in {event.session for event in events}:
        happened = [event.what for event in events if event.session == number]
        own, closed = happened[0] == "opened", happened[-1] == "closed"
        assert own, (
            f"{asked} used session {number}, which had been opened before the request came. Each "
            "request needs a session of its own."
        )
        assert closed, (
            f"{asked} did not close its session {number}. What happened to it: "
            f"{', '.join(happened)}."
        )
