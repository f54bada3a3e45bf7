"""How would you implement an API with versioning in FastAPI?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from checker.suite import Client, Given, Values, openapi

WAYS = (("/books", "2"), ("/v2", None), ("/books", None), ("/v1", None), ("/books", "1"))


@pytest.fixture
def shop(given: Given, values: Values) -> Any:
    """The given catalogue with five made-up books, the first of them by two authors."""
    place = given("shop")
    place.catalogue.books.clear()
    for number in range(5):
        place.catalogue.add(a_book(place, values, authors=2 if number == 0 else 1 + number % 3))
    return place


def a_book(shop: Any, values: Values, authors: int = 2) -> Any:
    """A book as the shop knows it, whose price ends in a zero."""
    names = tuple(values.name() for _ in range(authors))
    cents, language = values.integer(50, 600) * 10, values.choice(("de", "en", "fr", "ja"))
    return shop.Book(values.isbn(), values.title(), names, cents, language)


def in_form_1(book: Any) -> dict[str, Any]:
    """A book as version 1 shows it."""
    author = " & ".join(book.authors)
    return {"isbn": book.isbn, "title": book.title, "author": author, "price": book.cents / 100}


def in_form_2(book: Any) -> dict[str, Any]:
    """A book as version 2 shows it."""
    return {
        "isbn": book.isbn,
        "title": book.title,
        "authors": list(book.authors),
        "price": f"{book.cents / 100:.2f}",
        "language": book.language,
    }


def ask(
    client: Client, method: str, address: str, version: str | None = None, body: Any = None
) -> httpx2.Response:
    """Send a request, with `API-Version` when a version is given, and follow no redirection."""
    named = {} if version is None else {"API-Version": version}
    return client.request(method, address, json=body, headers=named, follow_redirects=False)


def said(answer: httpx2.Response) -> str:
    """A request in words, with the version in its header."""
    target = answer.request.url.raw_path.decode()
    named = answer.request.headers.get("api-version")
    return f"{answer.request.method} {target}" + (f" with API-Version: {named}" if named else "")


def check_status(answer: httpx2.Response, status: int, why: str = "") -> None:
    """Check the status of an answer, and say which version was named when it is another one."""
    got = int(answer.status_code)
    as_expected = got == status
    assert as_expected, f"{said(answer)} answered {got}; expected {status}. {why}".rstrip()


def check_form(answer: httpx2.Response, version: str, how: str = "") -> Any:
    """Check that a good answer shows books in the form of a version, and give what it shows."""
    assert answer.is_success, f"{how}{said(answer)} answered {answer.status_code}; expected a 2xx."
    shown = answer.json()
    for book in shown if isinstance(shown, list) else [shown]:
        form = "1" if "author" in book else "2" if "authors" in book else "of none"
        as_expected = form == version
        assert as_expected, (
            f"{how}{said(answer)} should show books in the form of version {version}. "
            f"It shows one in the form of version {form}: {dict(book)}"
        )
    return shown


def address_of(way: str, isbn: str = "") -> str:
    """The address of all books, or of one, on one of the `WAYS`."""
    books = way if way == "/books" else f"{way}/books"
    return f"{books}/{isbn}" if isbn else books


def version_of(way: str, header: str | None) -> str:
    """The version that is asked for on one of the `WAYS`."""
    return header or ("2" if way == "/v2" else "1")


def links(answer: httpx2.Response) -> dict[str, str]:
    """The whole addresses that the `Link` headers of an answer lead to, by their relation."""
    found = {}
    for target, rest in re.findall(r"<([^>]*)>([^<]*)", answer.headers.get("link", "")):
        for relations in re.findall(r'\brel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', rest):
            for relation in "".join(relations).split():
                found[relation.lower()] = urljoin(str(answer.url), target)
    return found


def location_of(answer: httpx2.Response) -> str:
    """The whole address in the `Location` of an answer."""
    location = answer.headers.get("location")
    assert location, f"{said(answer)} was answered without a Location; expected the new book's."
    return urljoin(str(answer.url), location)


def check_use_of_version_1(client: Client, shop: Any, values: Values, books: str) -> None:
    """Use the API as programs do that were written before there was a version 2."""
    known = list(shop.catalogue.books.values())
    answer = ask(client, "GET", books)
    assert answer.status_code == 200
    assert answer.json() == [in_form_1(book) for book in sorted(known, key=lambda b: str(b.isbn))]
    answer = ask(client, "GET", f"{books}/{known[0].isbn}")
    assert answer.status_code == 200
    assert answer.json() == in_form_1(known[0])
    unknown = values.isbn()
    answer = ask(client, "GET", f"{books}/{unknown}")
    assert answer.status_code == 404
    with pytest.raises(shop.NoSuchBookError) as refusal:
        shop.catalogue.find(unknown)
    assert answer.json() == {"detail": str(refusal.value)}
    new = in_form_1(a_book(shop, values))
    answer = ask(client, "POST", books, body=new)
    assert answer.status_code == 201
    assert answer.json() == new
    assert ask(client, "GET", location_of(answer)).json() == new
    answer = ask(client, "POST", books, body=new)
    assert answer.status_code == 409
    with pytest.raises(shop.AlreadyThereError) as refusal:
        shop.catalogue.add(shop.catalogue.find(new["isbn"]))
    assert answer.json() == {"detail": str(refusal.value)}
    incomplete = {**in_form_1(a_book(shop, values))}
    del incomplete["author"]
    assert ask(client, "POST", books, body=incomplete).status_code == 422
    wrong = in_form_1(a_book(shop, values)) | {"isbn": values.word()}
    assert ask(client, "POST", books, body=wrong).status_code == 422
    for price in (-1, -0.01):
        wrong = in_form_1(a_book(shop, values)) | {"price": price}
        assert ask(client, "POST", books, body=wrong).status_code == 422
        assert (
            ask(client, "PATCH", f"{books}/{new['isbn']}", body={"price": price}).status_code == 422
        )
    change = {"author": values.name(), "price": values.integer(1, 9) / 10}
    answer = ask(client, "PATCH", f"{books}/{new['isbn']}", body=change)
    assert answer.status_code == 200
    assert answer.json() == new | change
    answer = ask(client, "PATCH", f"{books}/{values.isbn()}", body=change)
    assert answer.status_code == 404


@pytest.mark.guard
def test_who_names_no_version_gets_version_1(client: Client, shop: Any, values: Values) -> None:
    """/books without a version is answered as it is today, also when there are newer versions."""
    check_use_of_version_1(client, shop, values, "/books")


def test_version_1_has_an_address_of_its_own(client: Client, shop: Any, values: Values) -> None:
    """/v1/books answers just as today, whatever version 2 changes for itself."""
    check_use_of_version_1(client, shop, values, "/v1/books")
    new = in_form_1(a_book(shop, values))
    more = new | {"shelf": values.word(), "language": values.word()}
    answer = ask(client, "POST", "/v1/books", body=more)
    assert answer.status_code == 201, (
        "Version 1 ignores fields that it does not know, and programs rely on that. It refuses "
        "them now."
    )
    assert answer.json() == new
    for limit, status in ((0, 422), (1, 200), (100, 200), (101, 422)):
        assert ask(client, "GET", f"/v1/books?limit={limit}").status_code == status
    for _ in range(20):
        shop.catalogue.add(a_book(shop, values))
    shown = ask(client, "GET", "/v1/books").json()
    assert len(shown) == 20, f"Without `limit`, a page has 20 books today. It has {len(shown)}."


def test_version_2_shows_books_in_its_own_form(client: Client, shop: Any) -> None:
    """/v2/books shows authors as a list, the price as a text with two decimals, the language."""
    known = list(shop.catalogue.books.values())
    for book in known[:2]:
        answer = ask(client, "GET", f"/v2/books/{book.isbn}")
        assert answer.status_code == 200
        assert answer.json() == in_form_2(book)
    answer = ask(client, "GET", "/v2/books")
    assert answer.status_code == 200
    assert answer.json() == [in_form_2(book) for book in sorted(known, key=lambda b: str(b.isbn))]


def test_version_2_takes_books_in_its_own_form(client: Client, shop: Any, values: Values) -> None:
    """/v2/books takes what it shows, needs the language, and refuses fields it does not know."""
    new = a_book(shop, values)
    answer = ask(client, "POST", "/v2/books", body=in_form_2(new))
    assert answer.status_code == 201
    assert shop.catalogue.books.get(new.isbn) == new
    cents, names = values.integer(101, 999), [values.name(), values.name()]
    change = {"authors": names, "price": f"{cents / 100:.2f}", "language": "it"}
    answer = ask(client, "PATCH", f"/v2/books/{new.isbn}", body=change)
    assert answer.status_code == 200
    assert in_form_2(shop.catalogue.find(new.isbn)) == in_form_2(new) | change
    change["title"] = values.title()
    answer = ask(client, "PATCH", f"/v2/books/{new.isbn}", body={"title": change["title"]})
    assert answer.json() == in_form_2(new) | change, "What PATCH does not name should stay."
    for name in ("title", "authors", "price", "language"):
        body = in_form_2(a_book(shop, values))
        del body[name]
        check_status(ask(client, "POST", "/v2/books", body=body), 422, f"There was no {name!r}.")
    refused: tuple[dict[str, Any], ...] = (
        {"authors": []},
        {"author": values.name()},
        *({"price": price} for price in (values.word(), "-1.00", "9.999")),
        {values.word(): values.word()},
    )
    for wrong in refused:
        body = in_form_2(a_book(shop, values)) | wrong
        check_status(ask(client, "POST", "/v2/books", body=body), 422, f"There was {wrong}.")
        answer = ask(client, "PATCH", f"/v2/books/{new.isbn}", body=wrong)
        check_status(answer, 422, f"There was {wrong}.")


def test_both_versions_share_one_catalogue(client: Client, shop: Any, values: Values) -> None:
    """What one version adds or changes, the other one shows in its own form."""
    first, second = a_book(shop, values), a_book(shop, values, authors=3)
    check_form(ask(client, "POST", "/v1/books", body=in_form_1(first)), "1")
    shown = check_form(ask(client, "GET", f"/v2/books/{first.isbn}"), "2")
    assert shown["authors"] == list(first.authors)
    assert shown["language"] is None
    check_form(ask(client, "POST", "/v2/books", body=in_form_2(second)), "2")
    shown = check_form(ask(client, "GET", f"/v1/books/{second.isbn}"), "1")
    assert shown["author"] == " & ".join(second.authors)
    change = {"author": f"{values.name()} & {values.name()}"}
    check_form(ask(client, "PATCH", f"/v1/books/{second.isbn}", body=change), "1")
    shown = check_form(ask(client, "GET", f"/v2/books/{second.isbn}"), "2")
    assert shown["authors"] == change["author"].split(" & ")
    for address, book in (("/v2/books", in_form_2(first)), ("/v1/books", in_form_1(second))):
        answer = ask(client, "POST", address, body=book)
        check_status(answer, 409, "The other version has added this book already.")


def test_a_change_through_version_1_keeps_the_rest(
    client: Client, shop: Any, values: Values
) -> None:
    """PATCH through version 1 leaves alone what it does not name, and what it cannot know."""
    book = shop.catalogue.find(next(iter(shop.catalogue.books)))
    expected = in_form_2(book)
    for books in ("/v1/books", "/books"):
        as_read = check_form(ask(client, "GET", f"{books}/{book.isbn}"), "1")
        price, title = values.integer(1000, 9000), values.title()
        for body in ({"title": title}, {**as_read, "title": title, "price": price / 100}):
            answer = ask(client, "PATCH", f"{books}/{book.isbn}", body=body)
            check_form(answer, "1")
            expected |= {"title": title}
            if "price" in body:
                expected |= {"price": f"{price / 100:.2f}"}
            stored = in_form_2(shop.catalogue.find(book.isbn))
            assert stored == expected, (
                f"{said(answer)} sent {body}. The book should keep everything else. Now version 2 "
                "would show something else than before:"
            )
        if books == "/v1/books":
            shown = check_form(ask(client, "GET", f"/v2/books/{book.isbn}"), "2")
            assert shown["authors"] == expected["authors"]
            assert shown["language"] == expected["language"]


def test_a_header_names_the_version(client: Client, shop: Any, values: Values) -> None:
    """/books with API-Version 1 or 2 reads and answers in the form of this version."""
    for version, in_form in (("2", in_form_2), ("1", in_form_1)):
        known = shop.catalogue.find(values.choice(list(shop.catalogue.books)))
        check_form(ask(client, "GET", "/books", version), version)
        answer = ask(client, "GET", f"/books/{known.isbn}", version)
        assert check_form(answer, version)["title"] == known.title
        new = a_book(shop, values)
        answer = ask(client, "POST", "/books", version, in_form(new))
        check_status(answer, 201)
        check_form(answer, version)
        assert shop.catalogue.find(new.isbn).title == new.title
        again = ask(client, "GET", location_of(answer), version)
        assert check_form(again, version)["isbn"] == new.isbn
        name = values.name()
        change = {"author": name} if version == "1" else {"authors": [name]}
        check_form(ask(client, "PATCH", f"/books/{new.isbn}", version, change), version)
        assert shop.catalogue.find(new.isbn).authors == (name,)


def test_an_unknown_version_is_refused(client: Client, shop: Any, values: Values) -> None:
    """A header with an unknown version is a 400 that names the known ones, an address a 404."""
    known, new = next(iter(shop.catalogue.books)), a_book(shop, values)
    later = str(values.integer(3, 99))
    for version in (later, "0", "-1", "latest", "v2", "2.0", "02", "+2"):
        for method, address, body in (
            ("GET", "/books", None),
            ("GET", f"/books/{known}", None),
            ("POST", "/books", in_form_1(new)),
            ("POST", "/books", in_form_2(new)),
        ):
            answer = ask(client, method, address, version, body)
            check_status(answer, 400, "The header can be 1 or 2, and nothing else.")
            detail = str(answer.json()["detail"])
            assert {"1", "2"} <= set(re.findall(r"\d+", detail)), (
                f"{said(answer)} was refused, and `detail` does not name the versions that there "
                f"are: {detail!r}."
            )
    strange = client.get("/books", headers={b"API-Version": "²".encode("latin-1")})
    assert strange.status_code == 400, "API-Version was ², which is not 2."
    for version in (f"v{later}", "v0", "latest", "v2.0"):
        for method, address in (("GET", f"/{version}/books"), ("POST", f"/{version}/books")):
            answer = ask(client, method, address, body=in_form_1(new) if method == "POST" else None)
            check_status(answer, 404, f"There is no version {version}.")
    is_stored = new.isbn in shop.catalogue.books
    assert not is_stored, "POST with a version that there is not was refused, and stored the book."


def test_address_and_header_must_agree(client: Client, shop: Any, values: Values) -> None:
    """A header may repeat the version in the address; one that names another version is a 400."""
    known, new = next(iter(shop.catalogue.books)), a_book(shop, values)
    for way, version in (("/v1", "1"), ("/v2", "2")):
        check_form(ask(client, "GET", f"{way}/books/{known}", version), version)
    for way, version in (("/v1", "2"), ("/v2", "1"), ("/v2", "3"), ("/v1", "0")):
        body = in_form_1(new) if way == "/v1" else in_form_2(new)
        for method, address, sent in (
            ("GET", f"{way}/books", None),
            ("GET", f"{way}/books/{known}", None),
            ("PATCH", f"{way}/books/{known}", {"title": values.title()}),
            ("POST", f"{way}/books", body),
        ):
            answer = ask(client, method, address, version, sent)
            check_status(answer, 400, "Address and header name two versions.")
    is_stored = new.isbn in shop.catalogue.books
    assert not is_stored, "POST with two versions was refused, and stored the book all the same."


def test_links_stay_in_their_version(client: Client, shop: Any, values: Values) -> None:
    """Who follows `next` and `Location`, with the same header, stays in the version asked for."""
    expected = sorted(shop.catalogue.books)
    for way, header in WAYS:
        version, seen, how = version_of(way, header), [], ""
        for answer in pages(client, f"{address_of(way)}?limit=2", header):
            seen += [book["isbn"] for book in check_form(answer, version, how)]
            how = f"The link `next` of {said(answer)} was followed. "
        assert seen == expected, (
            f"The pages from {address_of(way)}?limit=2 through the links `next` should have "
            f"all {len(expected)} books, in the order of their ISBN. They have {len(seen)}."
        )
        whole = ask(client, "GET", f"{address_of(way)}?limit={len(expected)}", header)
        ends = "next" not in links(whole)
        assert ends, f"{said(whole)} shows the last book, and has a link `next` all the same."
    for way, version, in_form in (("/v2", "2", in_form_2), ("/v1", "1", in_form_1)):
        new = a_book(shop, values)
        added = ask(client, "POST", f"{way}/books", body=in_form(new))
        check_form(added, version)
        answer = ask(client, "GET", location_of(added))
        how = f"The Location of {said(added)} was followed. "
        assert check_form(answer, version, how)["isbn"] == new.isbn


def pages(client: Client, address: str, version: str | None) -> Iterator[httpx2.Response]:
    """The pages of a list, one behind the other, ten at the most."""
    for _ in range(10):
        answer = ask(client, "GET", address, version)
        yield answer
        if "next" not in links(answer):
            return
        address = links(answer)["next"]


def test_caches_tell_versions_apart(client: Client, shop: Any, values: Values) -> None:
    """The Vary of an answer from /books names API-Version, also when the request has none."""
    for address in ("/books", f"/books/{next(iter(shop.catalogue.books))}"):
        for version in (None, "1", "2"):
            answer = ask(client, "GET", address, version)
            check_status(answer, 200)
            vary = answer.headers.get("vary", "")
            assert "api-version" in re.split(r"[\s,]+", vary.lower()), (
                f"{said(answer)} has Vary: {vary or 'nothing'}. What comes from this address "
                "depends on API-Version, and a cache that does not know gives one version's "
                "answer to clients of the other."
            )


def test_a_fix_reaches_every_version(client: Client, shop: Any, values: Values) -> None:
    """An ISBN may have hyphens, in addresses and bodies of every version, and is shown without."""
    known = next(iter(shop.catalogue.books))
    for way, header in WAYS[::-1]:
        version = version_of(way, header)
        why = "An ISBN with hyphens is the same ISBN."
        answer = ask(client, "GET", address_of(way, hyphened(known)), header)
        check_status(answer, 200, why)
        assert check_form(answer, version)["isbn"] == known
        title = values.title()
        body = {"title": title}
        answer = ask(client, "PATCH", address_of(way, hyphened(known)), header, body)
        check_status(answer, 200, why)
        assert shop.catalogue.find(known).title == title
    for way, in_form in (("/books", in_form_1), ("/v1", in_form_1), ("/v2", in_form_2)):
        new = a_book(shop, values)
        body = in_form(new) | {"isbn": hyphened(new.isbn)}
        answer = ask(client, "POST", address_of(way), body=body)
        check_status(answer, 201)
        assert answer.json()["isbn"] == new.isbn
        check_status(ask(client, "POST", address_of(way), body=in_form(new)), 409)


def hyphened(isbn: str) -> str:
    """An ISBN as it is printed on a book."""
    return "-".join((isbn[:3], isbn[3], isbn[4:7], isbn[7:12], isbn[12]))


FORMS = {
    "1": {"isbn": "string", "title": "string", "author": "string", "price": "number"},
    "2": {
        "isbn": "string",
        "title": "string",
        "authors": "array",
        "price": "string",
        "language": "string",
    },
}


def document_of(client: Client, version: str) -> dict[str, Any]:
    """The document of a version, with whole addresses in `paths`."""
    answer = ask(client, "GET", f"/v{version}/openapi.json")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    server = (document.get("servers") or [{"url": "/"}])[0]["url"]
    base = urlsplit(urljoin(str(answer.url), server)).path.rstrip("/")
    return document | {"paths": {base + path: item for path, item in document["paths"].items()}}


def names_in(schema: Any) -> set[str]:
    """The names of all properties that a document describes."""
    if isinstance(schema, list):
        return set().union(*map(names_in, schema))
    if not isinstance(schema, dict):
        return set()
    properties = schema.get("properties")
    own = set(properties) if isinstance(properties, dict) else set()
    return own.union(*map(names_in, schema.values()))


def test_each_version_has_its_own_document(client: Client) -> None:
    """Each version has its own document, /vN/openapi.json; that of version 1 says deprecated."""
    for version, other in (("1", "2"), ("2", "1")):
        document, books = document_of(client, version), f"/v{version}/books"
        book, form = f"{books}/{{isbn}}", FORMS[version]
        where = f"/v{version}/openapi.json"
        strangers = [path for path in document["paths"] if path.startswith(f"/v{other}/")]
        assert not strangers, f"{where} also describes {', '.join(strangers)}."
        page = openapi.answer_schema(document, "GET", books, 200)
        for schema in (
            openapi.answer_schema(document, "GET", book, 200),
            openapi.answer_schema(document, "POST", books, 201),
            openapi.answer_schema(document, "PATCH", book, 200),
            openapi.resolve(document, page.get("items", {})),
        ):
            shown = schema.get("properties", {})
            types = {name: openapi.types_in(document, shown[name]) for name in shown}
            assert types == {name: {kind} for name, kind in form.items()}, (
                f"{where} should describe a book of version {version}."
            )
        taken = openapi.body_schema(document, "POST", books).get("properties", {})
        assert set(taken) == set(form), f"{where} should describe what POST {books} takes."
        openapi.body_schema(document, "PATCH", book)
        for method, path in (("GET", books), ("POST", books), ("GET", book), ("PATCH", book)):
            marked = openapi.operation(document, method, path).get("deprecated", False)
            assert marked is (version == "1"), (
                f"{where} should {'' if version == '1' else 'not '}mark {method} {path} as "
                "deprecated."
            )
        check_page_for_people(client, version)
    whole = client.get("/openapi.json")
    names = names_in(whole.json()) if whole.is_success else set()
    has_both = {"author", "authors"} <= names
    assert not has_both, "/openapi.json describes the books of both versions in one document."


def check_page_for_people(client: Client, version: str) -> None:
    """Check that a version has a page that shows its own document."""
    answer = client.get(f"/v{version}/docs")
    assert answer.status_code == 200
    shown = re.findall(r"""["']([^"']*openapi\.json)["']""", answer.text)
    whole = [urlsplit(urljoin(str(answer.url), address)).path for address in shown]
    assert whole == [f"/v{version}/openapi.json"], (
        f"/v{version}/docs should show /v{version}/openapi.json. It shows {whole or 'none'}."
    )


def set_dates(given: Given, values: Values) -> Any:
    """Have the office move the dates of version 1, in a time zone that is not Greenwich's."""
    plan = given("timetable").V1
    zone = timezone(timedelta(hours=values.choice((-8, -5, 2, 3, 9))))
    start = datetime(2024, 1, 1, tzinfo=zone)
    plan.deprecated = start + timedelta(minutes=values.integer(1, 900_000))
    plan.sunset = plan.deprecated + timedelta(minutes=values.integer(100_000, 900_000))
    return plan


def check_farewell(answer: httpx2.Response, plan: Any) -> None:
    """Check the two dates of an answer from version 1."""
    deprecation = answer.headers.get("deprecation", "nothing")
    expected = f"@{int(plan.deprecated.timestamp())}"
    as_expected = deprecation == expected
    assert as_expected, (
        f"{said(answer)}, which answered {answer.status_code}, has Deprecation: {deprecation}; "
        f"expected {expected}, the seconds of {plan.deprecated.isoformat()}."
    )
    sunset = answer.headers.get("sunset", "nothing")
    expected = format_datetime(plan.sunset.astimezone(UTC), usegmt=True)
    as_expected = sunset == expected
    assert as_expected, (
        f"{said(answer)}, which answered {answer.status_code}, has Sunset: {sunset}; expected "
        f"{expected}, which is {plan.sunset.isoformat()}."
    )


def test_version_1_says_when_it_goes(
    client: Client, shop: Any, given: Given, values: Values
) -> None:
    """Deprecation and Sunset stand on all that version 1 answers, refusals too, and on no other."""
    plan, known = set_dates(given, values), next(iter(shop.catalogue.books))
    for way, header in (("/books", None), ("/v1", None), ("/books", "1")):
        new = in_form_1(a_book(shop, values))
        for method, isbn, body, status in (
            ("GET", "", None, 200),
            ("GET", known, None, 200),
            ("POST", "", new, 201),
            ("PATCH", known, {"title": values.title()}, 200),
            ("GET", values.isbn(), None, 404),
            ("POST", "", new, 409),
            ("POST", "", {}, 422),
        ):
            answer = ask(client, method, address_of(way, isbn), header, body)
            check_status(answer, status)
            check_farewell(answer, plan)
        plan = set_dates(given, values)
    for way, header in (("/v2", None), ("/books", "2")):
        for isbn in ("", known, values.isbn()):
            answer = ask(client, "GET", address_of(way, isbn), header)
            told = {"deprecation", "sunset"} & set(answer.headers)
            assert not told, (
                f"{said(answer)} has {' and '.join(sorted(told))}, and version 2 is not going."
            )


def test_version_1_points_to_its_successor(
    client: Client, shop: Any, given: Given, values: Values
) -> None:
    """Link leads from version 1 to the same thing in version 2, and to the two pages about it."""
    plan, known = given("timetable").V1, next(iter(shop.catalogue.books))
    plan.guide = f"https://bookshop.example/{values.word()}"
    plan.policy = f"https://bookshop.example/{values.word()}"
    pages_about = {"deprecation": plan.guide, "sunset": plan.policy}
    for way, header in (("/books", None), ("/v1", None), ("/books", "1")):
        for isbn in (known, ""):
            answer = ask(client, "GET", address_of(way, isbn) + "?limit=2" * (not isbn), header)
            check_form(answer, "1")
            found = links(answer)
            told = {name: found.get(name) for name in pages_about}
            assert told == pages_about, f"The Link of {said(answer)} should lead to the two pages."
            successor = found.get("successor-version", "nowhere")
            assert urlsplit(successor).path == address_of("/v2", isbn), (
                f"The link `successor-version` of {said(answer)} leads to {successor}; expected "
                f"{address_of('/v2', isbn)}, the same thing in version 2."
            )
            check_form(ask(client, "GET", successor), "2")
        assert "next" in found, f"{said(answer)} has lost its link `next`: it has {list(found)}."
        strange = f"{address_of(way)}/{values.word()}%E2%82%AC%0D%0A"
        answer = ask(client, "GET", strange, header)
        check_status(answer, 404, "What stands in an address may not stand in a header as it is.")
        successor = links(answer).get("successor-version", "")
        assert successor, f"{said(answer)} is an answer of version 1, without `successor-version`."
        assert successor.endswith("%E2%82%AC%0D%0A"), (
            f"The link `successor-version` of {said(answer)} should be percent-encoded as the "
            f"address is. It leads to {successor!r}."
        )
    for way, header in (("/v2", None), ("/books", "2")):
        answer = ask(client, "GET", address_of(way, known), header)
        assert links(answer) == {}, f"{said(answer)} should link nowhere."
