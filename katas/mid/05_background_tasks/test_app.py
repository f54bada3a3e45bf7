"""What are the differences between Depends and BackgroundTasks in FastAPI?"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from itertools import count
from types import ModuleType
from typing import Any

import pytest

from checker.suite import Client, Given, Values


@pytest.fixture
def office(given: Given, values: Values) -> Any:
    """The given office, with made-up ids and a stock of three books."""
    place = given("office")
    place.book.ids = count(values.integer(1000, 8000))
    place.book.stock.clear()
    place.book.stock.update({values.isbn(): values.integer(20, 60) for _ in range(3)})
    return place


def new_order(office: Any, values: Values) -> dict[str, Any]:
    """An order as a client sends it, for no more copies than there are."""
    isbn = values.choice(list(office.book.stock))
    return {"email": values.email(), "isbn": isbn, "copies": values.integer(1, 4)}


def take(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """Send an order that can be taken, and give the answer's order."""
    answer = client.post("/orders", json=body)
    assert answer.is_success, f"POST /orders answered {answer.status_code} and took no order."
    order: dict[str, Any] = answer.json()
    is_number = isinstance(order["id"], int)
    assert is_number, f"`id` should be a whole number. It is {order['id']!r}."
    return order


def story(events: Sequence[Any]) -> str:
    """What happened, in a sentence."""
    return "What happened: " + (", ".join(event.what for event in events) or "nothing") + "."


def place_of(what: str, events: Sequence[Any]) -> int:
    """Where in the record something happened that has to happen."""
    found = [number for number, event in enumerate(events) if event.what == what]
    happened = bool(found)
    advice = ""
    if what == "answer sent":
        advice = " Is `app.add_middleware(office.AnswerRecorder)` still in app.py?"
    assert happened, (
        f"The app was done with the request, and {what!r} did not happen.{advice} {story(events)}"
    )
    return found[0]


def check_before_the_answer(asked: str, what: str, events: Sequence[Any]) -> None:
    """Check that something happened while the client was still waiting."""
    in_time = place_of(what, events) < place_of("answer sent", events)
    assert in_time, (
        f"{asked} was answered first, and {what!r} came later: the client is promised something "
        f"that is not done. {story(events)}"
    )


def check_after_the_answer(asked: str, what: str, events: Sequence[Any]) -> None:
    """Check that the client did not wait for something."""
    in_time = place_of("answer sent", events) < place_of(what, events)
    assert in_time, (
        f"{asked} was answered only after {what!r}: the client had to wait for that. "
        f"{story(events)}"
    )


ENDS = {"session": ("session opened", "session closed"), "tray": ("tray opened", "tray cleared")}


def still_open(thing: str, events: Sequence[Any]) -> set[int]:
    """The numbers of the sessions or trays that were opened in these events and not ended."""
    opened, ended = ENDS[thing]
    numbers = {event.number for event in events if event.what == opened}
    return numbers - {event.number for event in events if event.what == ended}


def check_put_away(asked: str, events: Sequence[Any], *things: str) -> None:
    """Check that every session that was opened is closed, or every tray is cleared."""
    for thing in things:
        left, ended = still_open(thing, events), ENDS[thing][1]
        all_ended = not left
        assert all_ended, (
            f"{asked} opened a {thing}, and there is no {ended!r} for it, although all is done. "
            f"{story(events)}"
        )


def check_no_session_at_the_answer(asked: str, events: Sequence[Any]) -> None:
    """Check that no session was open when the answer was sent."""
    left = still_open("session", events[: place_of("answer sent", events)])
    all_closed = not left
    assert all_closed, (
        f"{asked} was answered while a session was still open. Only a few sessions can be open at "
        f"a time, and what comes after the answer may take long. {story(events)}"
    )


def test_an_order_is_taken(client: Client, office: Any, values: Values) -> None:
    """POST /orders answers 201 with the order, which is not confirmed yet."""
    for copies in (1, values.integer(2, 9)):
        body = new_order(office, values) | {"copies": copies}
        answer = client.post("/orders", json=body)
        assert answer.status_code == 201
        order = answer.json()
        is_number = isinstance(order["id"], int)
        assert is_number, f"`id` should be a whole number. It is {order['id']!r}."
        assert order == {"id": order["id"], **body, "confirmed": False}


def test_an_order_can_be_read(client: Client, office: Any, values: Values) -> None:
    """GET /orders/{order_id} answers with the order as the book has it, or 404."""
    with office.book.open_session() as session:
        orders = [session.add(**new_order(office, values)) for _ in range(2)]
        session.commit()
        session.confirm(orders[1].id)
        session.commit()
    for order in orders:
        answer = client.get(f"/orders/{order.id}")
        assert answer.status_code == 200
        assert answer.json() == asdict(office.book.orders[order.id])
    answer = client.get(f"/orders/{orders[1].id + values.integer(1, 99)}")
    assert answer.status_code == 404


def test_the_customer_gets_one_mail_after_the_answer(
    client: Client, office: Any, values: Values
) -> None:
    """After the answer the customer gets one mail, with the invoice of this order in it."""
    expected = []
    for _ in range(3):
        body, since = new_order(office, values), len(office.record)
        order = take(client, body)
        expected.append((body["email"], order["id"]))
        check_after_the_answer("POST /orders", "mail sent", office.record[since:])
        got = [tuple(mail) for mail in office.outbox]
        assert got == expected, (
            f"{len(expected)} orders were taken, and the mails are {got}, each with the id on its "
            f"invoice; expected {expected}."
        )


def test_the_warehouse_packs_after_the_answer(client: Client, office: Any, values: Values) -> None:
    """After the answer the warehouse packs the order, once."""
    expected = []
    for _ in range(3):
        since = len(office.record)
        expected.append(take(client, new_order(office, values))["id"])
        check_after_the_answer("POST /orders", "order packed", office.record[since:])
        assert office.parcels == expected, (
            f"The orders {expected} were taken, and the warehouse packed {office.parcels}."
        )


def test_what_was_promised_is_done_before_the_answer(
    client: Client, office: Any, values: Values
) -> None:
    """When the answer is sent, the order is stored, the invoice printed, the session closed."""
    since = len(office.record)
    order = take(client, new_order(office, values))
    events = office.record[since:]
    check_before_the_answer("POST /orders", "order stored", events)
    check_before_the_answer("POST /orders", "invoice printed", events)
    check_no_session_at_the_answer("POST /orders", events)
    for order_id in (order["id"], order["id"] + values.integer(1, 99)):
        since = len(office.record)
        client.get(f"/orders/{order_id}")
        check_no_session_at_the_answer(f"GET /orders/{order_id}", office.record[since:])


def test_after_the_mail_the_order_is_confirmed(client: Client, office: Any, values: Values) -> None:
    """When the mail was sent, the order is confirmed, in a session of the task's own."""
    since = len(office.record)
    order = take(client, new_order(office, values))
    events = office.record[since:]
    check_after_the_answer("POST /orders", "order confirmed", events)
    check_put_away("POST /orders", events, "session")
    answer = client.get(f"/orders/{order['id']}")
    assert answer.status_code == 200
    assert answer.json() == order | {"confirmed": True}


def test_the_tray_is_cleared_when_all_is_done(client: Client, office: Any, values: Values) -> None:
    """The tray with the invoice is cleared after the answer, the mail and the packing."""
    for broken in (None, "send_mail", "pack"):
        office.out_of_order.clear()
        if broken:
            office.out_of_order[broken] = values.title()
        since = len(office.record)
        take(client, new_order(office, values))
        events = office.record[since:]
        asked = f"POST /orders, when `{broken}` did not work," if broken else "POST /orders"
        check_put_away(asked, events, "tray")
        cleared = place_of("tray cleared", events)
        for what in ("answer sent", "mail sent", "order packed"):
            was_done = what in {event.what for event in events}
            too_early = was_done and cleared < place_of(what, events)
            assert not too_early, (
                f"{asked} cleared the tray before {what!r}. The invoice has to stay there until "
                f"all is done. {story(events)}"
            )


def test_a_refused_order_leaves_nothing_behind(client: Client, office: Any, values: Values) -> None:
    """An order that is refused with 409 or 422 is not stored, mailed or packed."""
    too_many = new_order(office, values)
    too_many["copies"] = office.book.stock[too_many["isbn"]] + 1
    unknown = new_order(office, values) | {"isbn": values.isbn()}
    none = new_order(office, values) | {"copies": 0}
    refused = [(too_many, 409), (unknown, 409), (none, 422)]
    for missing in ("email", "isbn", "copies"):
        body = new_order(office, values)
        del body[missing]
        refused.append((body, 422))
    for body, status in refused:
        since = len(office.record)
        answer = client.post("/orders", json=body)
        assert answer.status_code == status
        events = office.record[since:]
        for what in ("order stored", "mail sent", "order packed"):
            happened = what in {event.what for event in events}
            assert not happened, (
                f"An order was refused with {status}, and there is {what!r} in the record all the "
                f"same. {story(events)}"
            )
        asked = f"POST /orders, which answered {status},"
        check_put_away(asked, events, "session", "tray")
        check_no_session_at_the_answer(asked, events)


def test_a_failing_mail_changes_neither_answer_nor_packing(
    client: Client, office: Any, values: Values
) -> None:
    """When the mail fails, the answer is the same, the warehouse packs, nothing is confirmed."""
    office.out_of_order["send_mail"] = values.title()
    body, since = new_order(office, values), len(office.record)
    order = take(client, body)
    assert order == {"id": order["id"], **body, "confirmed": False}
    assert office.parcels == [order["id"]], (
        f"The mail failed, and the warehouse should have packed order {order['id']} all the same. "
        f"It packed {office.parcels}. {story(office.record[since:])}"
    )
    answer = client.get(f"/orders/{order['id']}")
    assert answer.json() == order, (
        "The mail failed, so the order should still be stored, and not be confirmed."
    )
    check_put_away("POST /orders, when `send_mail` did not work,", office.record[since:], "session")


def test_a_failing_warehouse_changes_neither_answer_nor_mail(
    client: Client, office: Any, values: Values
) -> None:
    """When the packing fails, the answer is the same, the customer gets the mail as ever."""
    office.out_of_order["pack"] = values.title()
    body, since = new_order(office, values), len(office.record)
    order = take(client, body)
    assert order == {"id": order["id"], **body, "confirmed": False}
    got = [tuple(mail) for mail in office.outbox]
    assert got == [(body["email"], order["id"])], (
        f"The packing failed, and {body['email']} should have got a mail all the same. The mails "
        f"that were sent: {got}. {story(office.record[since:])}"
    )
    answer = client.get(f"/orders/{order['id']}")
    assert answer.json() == order | {"confirmed": True}, (
        "The packing failed, and the mail was sent, so the order should be confirmed all the same."
    )


def test_a_failing_task_is_logged(
    client: Client, office: Any, values: Values, caplog: pytest.LogCaptureFixture
) -> None:
    """A task that fails is logged as an error, with its traceback and the order's id."""
    for _ in range(2):
        take(client, new_order(office, values))
    last_lines = [as_text(record).splitlines()[-1] for record in errors_in(caplog)]
    is_clean = not last_lines
    assert is_clean, (
        "Two orders were taken, nothing was out of order, and the log has an error all the same. "
        f"It ends with: {last_lines[0]!r}"
    )
    for broken in ("send_mail", "pack"):
        caplog.clear()
        office.out_of_order.clear()
        office.out_of_order[broken] = reason = values.title()
        order = take(client, new_order(office, values))
        errors = [record for record in errors_in(caplog) if reason in as_text(record)]
        is_logged = bool(errors)
        assert is_logged, (
            f"`{broken}` raised an error, and the log has no record about it with the level "
            "ERROR. Nobody sees what happens after the answer, unless the log tells."
        )
        said = errors[0].getMessage()
        has_traceback = any("Traceback" in as_text(record) for record in errors)
        assert has_traceback, (
            f"`{broken}` raised an error, and the log has it without the traceback: {said!r}. "
            "`logger.exception` writes both."
        )
        is_named = any(str(order["id"]) in record.getMessage() for record in errors)
        assert is_named, (
            f"`{broken}` raised an error for order {order['id']}, and the message in the log does "
            f"not name this order: {said!r}."
        )


def errors_in(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """The errors in the log."""
    return [record for record in caplog.records if record.levelno >= logging.ERROR]


def as_text(record: logging.LogRecord) -> str:
    """A record as a log file would have it, with the traceback."""
    return logging.Formatter().format(record)


def test_an_order_that_cannot_be_stored_is_not_promised(
    client: Client, office: Any, values: Values
) -> None:
    """When `commit()` fails, the answer is a 5xx, and nothing is mailed or packed."""
    office.out_of_order["commit"] = values.title()
    since = len(office.record)
    answer = client.post("/orders", json=new_order(office, values))
    events = office.record[since:]
    is_refused = answer.is_server_error
    assert is_refused, (
        "In this test `commit()` does not work, so no order can be stored. POST /orders answered "
        f"{answer.status_code}; expected a 5xx. {story(events)}"
    )
    for what in ("mail sent", "order packed"):
        happened = what in {event.what for event in events}
        assert not happened, (
            f"`commit()` failed, and there is {what!r} in the record all the same. {story(events)}"
        )
    check_put_away("POST /orders, when `commit()` failed,", events, "session", "tray")


def test_the_order_book_can_be_replaced(
    client: Client, module: ModuleType, office: Any, values: Values
) -> None:
    """A test can replace `get_book`, and requests and tasks use the other book."""
    get_book = getattr(module, "get_book", None)
    assert callable(get_book), "app.py should have a dependency named `get_book`."
    other = office.OrderBook(dict(office.book.stock))
    other.ids = count(values.integer(10_000, 20_000))
    module.app.dependency_overrides[get_book] = lambda: other
    order = take(client, new_order(office, values))
    is_there = order["id"] in other.orders
    assert is_there, (
        "`get_book` was replaced, and POST /orders did not store the order in the other book."
    )
    answer = client.get(f"/orders/{order['id']}")
    assert answer.status_code == 200
    used = office.book.sessions
    assert used == 0, (
        f"`get_book` was replaced, and {used} sessions of the shop's own book were opened all the "
        "same. A background task gets no dependencies: hand it what it needs."
    )
