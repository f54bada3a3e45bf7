"""How do you integrate FastAPI with PostgreSQL, MongoDB, or other databases?"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import tortoise.context
from pymongo.database import Database as MongoDatabase

from checker.suite import Client, Gateway, MakeClient, Values, statements
from checker.suite.database import Database

STORES = ("sqlalchemy", "mongodb", "tortoise")
ROUNDS = 2
"""How often requests are sent at once: in the first round the app still opens connections."""
LANGUAGES = ("de", "en", "fr", "it", "pt", "sv")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The store of this test, which the app is told by the environment: one after the other."""
    name: str = request.param
    choose(name, monkeypatch)
    return name


@pytest.fixture
def client(store: str, client: Client) -> Client:
    """A client for the app over the store of this test."""
    return client


@pytest.fixture(autouse=True)
def no_other_tortoise(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that did not close Tortoise in an earlier test must not be in the way of this one."""
    monkeypatch.setattr(tortoise.context, "_global_context", None)


def choose(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose a store for the apps that are started from now on."""
    monkeypatch.setenv("STORE", store)
    print(f"STORE={store}")


def new_book(values: Values, **details: Any) -> dict[str, Any]:
    """A book that can be put, as a client sends it."""
    month, day = values.integer(1, 12), values.integer(1, 28)
    return {
        "title": values.title(),
        "price": values.price(),
        "published": f"{values.year()}-{month:02}-{day:02}",
        "details": details or {"language": values.choice(LANGUAGES), "tags": [values.word()]},
    }


def put(client: Client, isbn: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    """Put a book, and give the answer's book."""
    answer = client.put(f"/books/{isbn}", json=body)
    assert answer.status_code == status
    book: dict[str, Any] = answer.json()
    return book


def get(client: Client, isbn: str) -> dict[str, Any]:
    """Read a book that has to be there."""
    answer = client.get(f"/books/{isbn}")
    assert answer.status_code == 200
    book: dict[str, Any] = answer.json()
    return book


def add_copies(client: Client, isbn: str, change: int) -> None:
    """Add copies of a book, or take some, which has to work."""
    answer = client.post(f"/books/{isbn}/stock", json={"change": change})
    assert answer.status_code == 200


def change_of(client: Client, isbn: str, change: int) -> httpx2.Request:
    """A request to change the stock, to be sent later."""
    return client.build_request("POST", f"/books/{isbn}/stock", json={"change": change})


def found(client: Client, **wanted: Any) -> list[str]:
    """The ISBNs of the books that are found, in the order in which they come."""
    answer = client.get("/books", params=wanted)
    assert answer.status_code == 200
    return [book["isbn"] for book in answer.json()]


def all_at_once(*sent: tuple[Client, httpx2.Request]) -> list[httpx2.Response]:
    """Send requests to one or more apps at once, and wait for all answers."""
    with ThreadPoolExecutor(len(sent)) as pool:
        return list(pool.map(lambda pair: pair[0].send(pair[1]), sent))


def put_all(client: Client, values: Values, *details: dict[str, Any]) -> list[str]:
    """Put one book for each of these details; returns their ISBNs in the order of the details."""
    isbns = [values.isbn() for _ in details]
    for isbn, own in values.shuffled(list(zip(isbns, details, strict=True))):
        put(client, isbn, {**new_book(values), "details": own})
    return isbns


def test_a_new_book_is_stored(client: Client, values: Values) -> None:
    """PUT of a new book answers 201 with the book and no copies, and GET reads it, or 404."""
    for _ in range(2):
        isbn, body = values.isbn(), new_book(values)
        assert put(client, isbn, body) == {"isbn": isbn, **body, "copies": 0}
        assert get(client, isbn) == {"isbn": isbn, **body, "copies": 0}
    answer = client.get(f"/books/{values.isbn()}")
    assert answer.status_code == 404


def test_a_price_has_two_decimals(client: Client, values: Values) -> None:
    """A price is answered as a text with two decimals, however it was written: 5 is "5.00"."""
    isbn, whole = values.isbn(), values.integer(1, 99)
    for sent, expected, status in ((whole, f"{whole}.00", 201), (f"{whole}.5", f"{whole}.50", 200)):
        body = {**new_book(values), "price": sent}
        for book in (put(client, isbn, body, status), get(client, isbn)):
            assert book["price"] == expected, (
                f"The price was sent as {sent!r}, and answered as {book['price']!r}; expected "
                f"{expected!r}."
            )


def test_details_come_back_as_they_were_sent(client: Client, values: Values) -> None:
    """The details are any JSON object, and come back as they were sent, null and all."""
    details: dict[str, Any] = {
        "language": None,
        "tags": [],
        "e-book": values.choice([True, False]),
        "size in cm": [values.integer(10, 20), values.integer(10, 20) + 0.5],
        "publisher": {"name": f"{values.name()} \N{AMPERSAND} Søn's", "city": None, "also": {}},
        "prizes": [{"year": values.year(), "of": [values.name(), None]}],
    }
    isbn = values.isbn()
    body = {**new_book(values), "details": details}
    assert put(client, isbn, body)["details"] == details
    assert get(client, isbn)["details"] == details


def test_copies_come_and_go(client: Client, values: Values) -> None:
    """POST /books/{isbn}/stock adds and takes copies; below none is 409, an unknown book 404."""
    isbn, other, body = values.isbn(), values.isbn(), new_book(values)
    put(client, isbn, body)
    put(client, other, new_book(values))
    copies = 0
    for change in (values.integer(8, 20), -values.integer(1, 7)):
        answer = client.post(f"/books/{isbn}/stock", json={"change": change})
        copies += change
        assert answer.status_code == 200
        assert answer.json() == {"isbn": isbn, **body, "copies": copies}
    answer = client.post(f"/books/{isbn}/stock", json={"change": -copies - 1})
    assert answer.status_code == 409
    assert get(client, isbn)["copies"] == copies
    add_copies(client, isbn, -copies)
    assert get(client, isbn)["copies"] == 0
    assert get(client, other)["copies"] == 0
    for change in (-1, 1):
        answer = client.post(f"/books/{values.isbn()}/stock", json={"change": change})
        assert answer.status_code == 404


def test_a_book_is_replaced(client: Client, values: Values) -> None:
    """PUT of a book that is there answers 200, and replaces all of it but its copies."""
    isbn, copies = values.isbn(), values.integer(2, 90)
    put(client, isbn, new_book(values, language="en", pages=values.integer(90, 900)))
    add_copies(client, isbn, copies)
    body = new_book(values, publisher=values.name())
    assert put(client, isbn, body, status=200) == {"isbn": isbn, **body, "copies": copies}
    assert get(client, isbn) == {"isbn": isbn, **body, "copies": copies}
    assert found(client) == [isbn]


def test_books_are_found_by_a_tag(client: Client, values: Values) -> None:
    """GET /books?tag=… finds the books that have this tag among theirs, and no similar one."""
    tag, other = values.word(), values.word()
    isbns = put_all(
        client,
        values,
        {"tags": [tag]},
        {"tags": [other, tag]},
        {"tags": [f"{tag}s", f"true {tag}"]},
        {"language": tag, "keywords": [tag, other]},
    )
    assert found(client, tag=tag) == sorted(isbns[:2]), (
        f"Two books have the tag {tag!r} in their list of tags. Others have {tag + 's'!r}, or "
        "the same word elsewhere in their details, and do not belong here."
    )


def test_books_are_found_by_their_pages(client: Client, values: Values) -> None:
    """GET /books?min_pages=… finds the books with so many pages or more, counted as numbers."""
    pages = values.integer(200, 700)
    many = [pages, 10 * pages]
    few = [pages - 1, 99]
    isbns = put_all(client, values, *({"pages": n} for n in (*many, *few)), {"language": "en"})
    assert found(client, min_pages=pages) == sorted(isbns[: len(many)]), (
        f"Asked for {pages} pages or more. The books have {many} pages, which is enough, {few}, "
        "which is not, and one does not say. As texts, '99' comes behind '300'."
    )


def test_all_that_is_asked_holds_at_once(client: Client, values: Values) -> None:
    """Language, tag and pages hold all at once; who asks for nothing gets every book, by ISBN."""
    language, another = values.sample(LANGUAGES, 2)
    tag, pages = values.word(), values.integer(200, 700)
    right = {"language": language, "tags": [values.word(), tag], "pages": pages}
    isbns = put_all(
        client,
        values,
        right,
        {**right, "pages": pages + 9, "publisher": {"language": another}},
        {**right, "language": another},
        {**right, "tags": [values.word()]},
        {**right, "pages": pages - 1},
        {"publisher": right},
    )
    assert found(client, language=language, tag=tag, min_pages=pages) == sorted(isbns[:2])
    assert found(client, language=another) == [isbns[2]]
    assert found(client) == sorted(isbns)
    assert found(client, tag=values.token()) == []


def test_the_chosen_store_and_no_other(
    store: str,
    database: Database,
    mongodb: MongoDatabase[dict[str, Any]],
    values: Values,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The store that STORE names has the book, the other is not opened, and all is closed again."""
    isbn = values.isbn()
    with Gateway(database.url) as other, statements() as by_sqlalchemy:
        if store == "mongodb":
            monkeypatch.setenv("DATABASE_URL", other.url)
        else:
            monkeypatch.setenv("MONGODB_URL", f"mongodb://127.0.0.1:{urlsplit(other.url).port}/x")
        client = make_client()
        put(client, isbn, new_book(values))
        get(client, isbn)
        connections = other.connections
        client.stop()
    rows = database.rows("SELECT * FROM books WHERE isbn = %s", isbn)
    documents = [d for c in mongodb.list_collection_names() for d in mongodb[c].find()]
    place = {(1, 0): "PostgreSQL", (0, 1): "MongoDB"}.get((len(rows), len(documents)))
    assert place == ("MongoDB" if store == "mongodb" else "PostgreSQL"), (
        f"STORE is {store!r}, and one book was put. Now the table `books` in PostgreSQL has "
        f"{len(rows)} of it, and MongoDB has {len(documents)} documents."
    )
    is_alone = connections == 0
    assert is_alone, (
        f"STORE is {store!r}, and the app has connected to the other database as well. It should "
        "work while the other one is away: open the store that was chosen, and no more."
    )
    is_right_library = bool(by_sqlalchemy) == (store == "sqlalchemy")
    assert is_right_library, (
        f"STORE is {store!r}, and SQLAlchemy has sent {len(by_sqlalchemy)} statements."
    )
    end = time.monotonic() + 1.0
    while left := database.sessions():  # a backend takes its time to end
        if time.monotonic() > end:
            break
    is_closed = not left
    assert is_closed, (
        f"STORE is {store!r}, the app was stopped, and {len(left)} of its connections are still "
        "open. Who opens a store, in the lifespan, closes it there, too."
    )


def test_no_change_is_lost(
    store: str,
    client: Client,
    values: Values,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Changes of one stock that come at once, to two servers, are all in it in the end."""
    # Tortoise's state is global, so that one process holds one such app; the other server works
    # on the same table through SQLAlchemy.
    choose("sqlalchemy" if store == "tortoise" else store, monkeypatch)
    second = make_client()
    isbn, copies = values.isbn(), values.integer(100, 200)
    put(client, isbn, new_book(values))
    add_copies(second, isbn, copies)
    servers = [client, second] * 4
    for _ in range(ROUNDS):
        changes = [values.choice([-2, -1, 1, 2, 3]) for _ in servers]
        pairs = zip(servers, changes, strict=True)
        for answer in all_at_once(*((to, change_of(to, isbn, n)) for to, n in pairs)):
            assert answer.status_code == 200
        copies += sum(changes)
        got = get(client, isbn)["copies"]
        assert got == copies, (
            f"{len(changes)} changes of one stock came at once, all were answered with 200, and "
            f"some are lost: there are {got} copies, and there should be {copies}. Who reads a "
            "number, computes, and writes it back overwrites what another has written meanwhile; "
            "and a lock in one process stops nobody in another. Let the store add."
        )


def test_the_last_copies_are_sold_once(client: Client, values: Values) -> None:
    """Of eight customers who want one of the last copies at once, each copy goes to one only."""
    isbn, copies = values.isbn(), values.integer(3, 6)
    put(client, isbn, new_book(values))
    add_copies(client, isbn, copies)
    answers = client.together(*(change_of(client, isbn, -1) for _ in range(8)))
    got = Counter(int(answer.status_code) for answer in answers)
    left = get(client, isbn)["copies"]
    is_right = (got, left) == (Counter({200: copies, 409: 8 - copies}), 0)
    assert is_right, (
        f"There were {copies} copies, and eight customers wanted one each at the same moment. They "
        f"were answered with {words_of(got)}, and {left} copies are left; expected {copies} times "
        f"200, {8 - copies} times 409, and none left. To look and to take must be one step."
    )


def test_one_of_several_puts_adds(client: Client, values: Values) -> None:
    """Of several who put one new book at once, one gets 201 and the others 200, and none fails."""
    isbn, bodies = values.isbn(), [new_book(values) for _ in range(6)]
    requests = [client.build_request("PUT", f"/books/{isbn}", json=body) for body in bodies]
    got = Counter(int(answer.status_code) for answer in client.together(*requests))
    assert got == Counter({201: 1, 200: len(bodies) - 1}), (
        f"{len(bodies)} clients put the same new book at once. They were answered with "
        f"{words_of(got)}; expected 201 for one of them, and 200 for the others. Between looking "
        "whether a book is there and adding it, somebody else may add it."
    )
    stored = get(client, isbn)
    is_one_of_them = stored in [{"isbn": isbn, **body, "copies": 0} for body in bodies]
    assert is_one_of_them, f"{len(bodies)} clients put the same new book, and none sent {stored}."


def test_a_replacement_undoes_no_change(client: Client, values: Values) -> None:
    """Changes of the stock that come at once with replacements of the book are not lost."""
    isbn, copies = values.isbn(), values.integer(20, 90)
    put(client, isbn, new_book(values))
    add_copies(client, isbn, copies)
    for _ in range(ROUNDS):
        changes = [values.integer(1, 9) for _ in range(4)]
        requests = [change_of(client, isbn, change) for change in changes]
        for _ in changes:
            put_again = client.build_request("PUT", f"/books/{isbn}", json=new_book(values))
            requests.insert(values.integer(0, len(requests)), put_again)
        for answer in client.together(*requests):
            assert answer.status_code == 200
        copies += sum(changes)
        got = get(client, isbn)["copies"]
        assert got == copies, (
            f"While the book was replaced {len(changes)} times, its stock was changed as often. "
            f"All were answered with 200, there are {got} copies, and there should be {copies}. A "
            "replacement that writes the copies which it has read undoes what came between: write "
            "what was sent, and nothing else."
        )


def words_of(statuses: Counter[int]) -> str:
    """As `201 (2 times), 500 (6 times)`."""
    return ", ".join(f"{status} ({n} times)" for status, n in sorted(statuses.items()))


def test_all_stores_refuse_alike(
    database: Database, values: Values, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is refused is refused alike by every store, word for word, and by no driver."""
    isbn, unknown, body = values.isbn(), values.isbn(), new_book(values)
    calls: list[tuple[str, str, Any]] = [
        ("POST", f"/books/{isbn}/stock", {"change": -1}),
        ("POST", f"/books/{unknown}/stock", {"change": -1}),
        ("GET", f"/books/{unknown}", None),
    ]
    first: list[Any] = []
    for store in STORES:
        choose(store, monkeypatch)
        database.run("TRUNCATE books")  # which two of the stores share
        client = make_client()
        put(client, isbn, body)
        for number, (method, path, sent) in enumerate(calls):
            answer = client.request(method, path, json=sent)
            got = [int(answer.status_code), answer.json()]
            if store == STORES[0]:
                first.append(got)
            assert got == first[number], (
                f"{method} {path} got one answer with STORE={STORES[0]}, and another one with "
                f"STORE={store}. In the one of {store}, status and body:"
            )
        client.stop()
