"""How do you create a simple GET and POST endpoint?"""

from urllib.parse import urlsplit

from checker.suite import Client, MakeClient, Values


def new_book(values: Values) -> dict[str, str]:
    """A book as a client sends it."""
    return {"title": values.title(), "author": values.name()}


def test_the_shop_opens_with_no_books(client: Client) -> None:
    """GET /books answers 200 with an empty list when no book was added yet."""
    answer = client.get("/books")
    assert answer.status_code == 200
    assert answer.json() == []


def test_adding_a_book_answers_201(client: Client, values: Values) -> None:
    """POST /books answers 201 Created, because something new exists now."""
    answer = client.post("/books", json=new_book(values))
    assert answer.status_code == 201


def test_the_new_book_comes_back_with_its_id(client: Client, values: Values) -> None:
    """POST /books answers with the book as it was sent, and the id that the server gave it."""
    book = new_book(values)
    answer = client.post("/books", json=book)
    assert answer.is_success, f"POST /books answered {answer.status_code} and added nothing."
    added = answer.json()
    assert isinstance(added.get("id"), int), f"`id` should be a whole number, in {added}."
    assert added == {"id": added["id"], **book}


def test_an_added_book_can_be_read(client: Client, values: Values) -> None:
    """GET /books/{book_id} answers with the book that was added under that id."""
    first, second = new_book(values), new_book(values)
    added = [client.post("/books", json=book).json() for book in (first, second)]
    assert all("id" in book for book in added), f"POST /books should answer with an id: {added}"
    for book in added:
        answer = client.get(f"/books/{book['id']}")
        assert answer.status_code == 200
        assert answer.json() == book


def test_the_list_has_every_book_in_order(client: Client, values: Values) -> None:
    """GET /books lists all books in the order in which they were added."""
    added = [client.post("/books", json=new_book(values)).json() for _ in range(4)]
    answer = client.get("/books")
    assert answer.status_code == 200
    assert answer.json() == added


def test_an_unknown_book_is_404_in_a_shop_that_has_books(client: Client, values: Values) -> None:
    """GET /books/{book_id} answers 404 when there is no such book."""
    added = client.post("/books", json=new_book(values))
    assert added.is_success, f"POST /books answered {added.status_code} and added nothing."
    answer = client.get(f"/books/{added.json()['id'] + values.integer(1000, 9999)}")
    assert answer.status_code == 404
    assert "detail" in answer.json(), "An HTTPException answers with a `detail` that says why."


def test_ids_are_never_given_twice(client: Client, values: Values) -> None:
    """Each book gets an id of its own, also when two books are the same."""
    twice = new_book(values)
    books = [twice, new_book(values), twice, new_book(values), twice]
    ids = [client.post("/books", json=book).json().get("id") for book in books]
    assert None not in ids, "POST /books should answer with the new book's id."
    assert len(set(ids)) == len(ids), f"Five books were added; their ids are {ids}."


def test_the_server_chooses_the_id(client: Client, values: Values) -> None:
    """An id in the request is not taken over: a client must not choose what it overwrites."""
    first = client.post("/books", json=new_book(values))
    assert first.is_success, f"POST /books answered {first.status_code} and added nothing."
    first_id = first.json()["id"]
    second = client.post("/books", json={"id": first_id, **new_book(values)})
    wanted = second.json().get("id")
    assert second.status_code == 422 or wanted != first_id, (
        f"The client sent the id {first_id}, which another book has, and the server took it over."
    )
    assert client.get(f"/books/{first_id}").json() == first.json(), (
        "The first book should still be there, unchanged."
    )


def test_location_leads_to_the_new_book(client: Client, values: Values) -> None:
    """The Location header of POST /books is the address at which the new book is found."""
    client.post("/books", json=new_book(values))
    answer = client.post("/books", json=new_book(values))
    assert "location" in answer.headers, (
        "A 201 says in its Location header where the new thing is (RFC 9110, 15.3.2)."
    )
    found = client.get(answer.headers["location"])
    assert found.json() == answer.json()
    assert urlsplit(answer.headers["location"]).path == f"/books/{answer.json()['id']}"


def test_a_book_without_a_title_is_refused(client: Client, values: Values) -> None:
    """POST /books answers 422 when the title or the author is missing, and adds nothing."""
    for missing in ("title", "author"):
        book = new_book(values)
        del book[missing]
        answer = client.post("/books", json=book)
        assert answer.status_code == 422
    assert client.get("/books").json() == [], "A refused book should not be in the list."


def test_a_second_shop_starts_empty(
    client: Client, make_client: MakeClient, values: Values
) -> None:
    """The books belong to the running app: a second app that is started has none of them."""
    added = client.post("/books", json=new_book(values))
    assert added.is_success, f"POST /books answered {added.status_code} and added nothing."
    second = make_client()
    assert second.get("/books").json() == [], (
        "A shop that was started afresh lists books that were added to another one."
    )
    assert len(client.get("/books").json()) == 1, "The first shop should keep its own book."
