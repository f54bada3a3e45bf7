"""What is the purpose of path parameters in FastAPI?"""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from checker.suite import Client, Given, Values, openapi

GENRES = ("crime", "poetry", "travel", "children")
MOST_PAGES = 2000


@pytest.fixture
def catalogue(given: Given) -> Any:
    """The catalogue that the app asks."""
    return given("catalogue")


def isbn_10(values: Values, first: str = "", last: str = "") -> str:
    """A valid ISBN of ten characters (weights 1 to 9, sum modulo 11, X for ten)."""
    while True:
        digits = [values.integer(0, 9) for _ in range(9)]
        check = sum(weight * digit for weight, digit in enumerate(digits, 1)) % 11
        isbn = "".join(map(str, digits)) + ("X" if check == 10 else str(check))
        if isbn.startswith(first) and isbn.endswith(last):
            return isbn


def add_book(catalogue: Any, values: Values, **known: Any) -> Any:
    """Put a made-up book into the catalogue while the app runs."""
    made_up = {
        "title": values.title(),
        "author": values.name(),
        "genre": values.choice(GENRES),
        "isbn": isbn_10(values),
        "pages": values.integer(40, 900),
    }
    return catalogue.add_book(**made_up | known)


def assert_422_names(answer: httpx2.Response, *names: str) -> None:
    """The answer is a 422 whose errors are about exactly these path parameters."""
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert isinstance(detail, list), (
        f"The `detail` of a 422 should be a list of errors that name the parameters. It is "
        f"{detail!r}. FastAPI makes that list when the rule is a part of the parameter's type."
    )
    found = [error.get("loc") if isinstance(error, dict) else error for error in detail]
    wanted = [["path", name] for name in names]
    assert sorted(found, key=str) == wanted, (
        f"The `loc` of the errors in this 422: {found}; expected {wanted}."
    )


def test_a_book_is_found_by_its_number(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/{book_id} answers 200 with the book that has this number."""
    books = [add_book(catalogue, values) for _ in range(3)]
    for book in values.shuffled(books):
        answer = client.get(f"/books/{book.id}")
        assert answer.status_code == 200
        assert answer.json() == book.model_dump()


def test_an_unknown_book_is_404(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/{book_id} answers 404 for a good number that no book has."""
    book = add_book(catalogue, values)
    assert client.get(f"/books/{book.id}").status_code == 200
    assert client.get(f"/books/{book.id + 1}").status_code == 404
    assert client.get(f"/books/{book.id + values.integer(1000, 9999)}").status_code == 404


def test_a_book_number_that_is_no_number_is_422(client: Client, values: Values) -> None:
    """GET /books/{book_id} answers 422 and names book_id when that is no whole number."""
    number = values.integer(1, 5)
    for wrong in (values.word(), f"{number}{values.word()}", f"{number}.5"):
        answer = client.get(f"/books/{wrong}")
        assert_422_names(answer, "book_id")


def test_book_numbers_begin_at_1(client: Client, values: Values) -> None:
    """GET /books/{book_id} answers 422 and names book_id for numbers below 1."""
    for wrong in (0, -1, -values.integer(2, 99)):
        answer = client.get(f"/books/{wrong}")
        assert_422_names(answer, "book_id")
    assert client.get("/books/1").status_code == 200


def test_the_newest_book_has_its_own_path(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/newest answers 200 with the newest book: `newest` is not taken for a number."""
    for _ in range(2):
        newest = add_book(catalogue, values)
        answer = client.get("/books/newest")
        assert answer.status_code == 200
        assert answer.json() == newest.model_dump()


def test_a_page_is_found_by_two_numbers(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/{book_id}/pages/{page} answers 200 with both numbers and the page's text."""
    for book in (add_book(catalogue, values) for _ in range(3)):
        page = values.integer(1, book.pages)
        answer = client.get(f"/books/{book.id}/pages/{page}")
        assert answer.status_code == 200
        text = catalogue.read_page(book.id, page)
        assert answer.json() == {"book_id": book.id, "page": page, "text": text}


def test_pages_go_from_1_to_2000(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/{book_id}/pages/{page} answers 422 and names page when it is not 1 to 2000."""
    pages = f"/books/{add_book(catalogue, values, pages=MOST_PAGES).id}/pages"
    for page in (1, MOST_PAGES):
        assert client.get(f"{pages}/{page}").status_code == 200
    beyond = values.integer(MOST_PAGES + 2, 9999)
    for wrong in (0, -values.integer(1, 99), MOST_PAGES + 1, beyond, values.word(), "1.5"):
        answer = client.get(f"{pages}/{wrong}")
        assert_422_names(answer, "page")


def test_a_page_that_is_not_there_is_404(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/{book_id}/pages/{page} answers 404 after the last page, and without a book."""
    book = add_book(catalogue, values)
    assert client.get(f"/books/{book.id}/pages/{book.pages}").status_code == 200
    assert client.get(f"/books/{book.id}/pages/{book.pages + 1}").status_code == 404
    assert client.get(f"/books/{book.id}/pages/{values.integer(1000, 1999)}").status_code == 404
    assert client.get(f"/books/{book.id + 1}/pages/1").status_code == 404


def test_every_wrong_parameter_is_named(client: Client, values: Values) -> None:
    """GET /books/{book_id}/pages/{page} names both in one 422 when both are wrong."""
    for book_id, page in ((values.word(), values.word()), (0, 0), (-1, MOST_PAGES + 1)):
        answer = client.get(f"/books/{book_id}/pages/{page}")
        assert_422_names(answer, "book_id", "page")


def test_a_shelf_holds_the_books_of_its_genre(
    client: Client, catalogue: Any, values: Values
) -> None:
    """GET /shelves/{genre} answers 200 with the genre's books; with none, the list is empty."""
    answer = client.get("/shelves/children")  # there are none in catalogue.py
    assert answer.status_code == 200
    assert answer.json() == []
    for genre in values.shuffled(GENRES):
        for _ in range(values.integer(1, 3)):
            add_book(catalogue, values, genre=genre)
        answer = client.get(f"/shelves/{genre}")
        assert answer.status_code == 200
        assert answer.json() == [book.model_dump() for book in catalogue.books_of(genre)]


def test_an_unknown_genre_is_422(client: Client, values: Values) -> None:
    """GET /shelves/{genre} answers 422 and names genre for a word that is no genre of ours."""
    genre = values.choice(GENRES)
    for wrong in (values.word(), f"{genre}s", genre[:-1]):
        answer = client.get(f"/shelves/{wrong}")
        assert_422_names(answer, "genre")


def test_an_isbn_is_text(client: Client, catalogue: Any, values: Values) -> None:
    """GET /books/isbn/{isbn} answers 200 with the book, also for a first 0 or a last X."""
    for first, last in (("1", "0"), ("0", "1"), ("0", "X")):
        book = add_book(catalogue, values, isbn=isbn_10(values, first, last))
        answer = client.get(f"/books/isbn/{book.isbn}")
        assert answer.status_code == 200
        assert answer.json() == book.model_dump()


def test_what_is_no_isbn_is_422(client: Client, values: Values) -> None:
    """GET /books/isbn/{isbn} answers 422 for what is no ISBN, and 404 for one no book has."""
    isbn = isbn_10(values, last="7")
    assert client.get(f"/books/isbn/{isbn}").status_code == 404
    letters = values.word()
    wrongs = (isbn[:9], f"{isbn}0", f"1{isbn}", f"{isbn[:4]}{letters}", f"X{isbn[:9]}", letters)
    for wrong in wrongs:
        answer = client.get(f"/books/isbn/{wrong}")
        assert_422_names(answer, "isbn")


def test_a_file_is_found_by_its_whole_path(client: Client, catalogue: Any, values: Values) -> None:
    """GET /files/{file_path} answers 200 for a path with slashes, and 404 for an unknown one."""
    folder, name = f"{values.word()}/{values.year()}", f"{values.word()}.txt"
    paths = (
        name,
        f"{folder}/{name}",
        f"{folder}/{values.word()}/{name}",
        f"{folder}/für {values.name()} + {values.name()}.txt",
        f"{folder}/{values.word()}%20{name}",  # the file's own name; in the address it is %2520
    )
    for path in paths:
        catalogue.add_file(path, f"{values.title()}, {values.year()}")
    for path in paths:
        answer = client.get(f"/files/{quote(path)}")
        assert answer.status_code == 200
        assert answer.json() == {"path": path, "text": catalogue.read_file(path)}
    for path in (folder, f"{folder}/{values.word()}.txt", f"{values.word()}/{name}"):
        assert client.get(f"/files/{path}").status_code == 404


def test_the_documentation_says_what_fits(client: Client) -> None:
    """The OpenAPI document gives each parameter's type, and the genre as a choice of four."""
    document = client.get("/openapi.json").json()
    wanted = {
        ("/books/{book_id}", "book_id"): "integer",
        ("/books/{book_id}/pages/{page}", "book_id"): "integer",
        ("/books/{book_id}/pages/{page}", "page"): "integer",
        ("/books/isbn/{isbn}", "isbn"): "string",
        ("/shelves/{genre}", "genre"): "string",
    }
    for (path, name), kind in wanted.items():
        found = openapi.parameters(document, "GET", path)
        assert name in found, f"{name} is not documented as a parameter of GET {path}."
        got = openapi.types_in(document, found[name]["schema"])
        assert got == {kind}, (
            f"{name} of GET {path} is documented as {' or '.join(sorted(got))}; expected {kind}."
        )
    genre = openapi.parameters(document, "GET", "/shelves/{genre}")["genre"]
    choices = openapi.resolve(document, genre["schema"]).get("enum", [])
    assert sorted(choices) == sorted(GENRES), (
        f"genre is documented with the choices {choices}; expected {list(GENRES)}. "
        "A StrEnum or a Literal as its type puts them there."
    )
