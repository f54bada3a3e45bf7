"""How do you implement complex query filtering, sorting, and pagination in FastAPI?"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, event

from checker.suite import Client, Values, statements
from checker.suite.database import Database

Book = dict[str, Any]
Params = Mapping[str, Any]

SHOWN = "id, isbn, title, author, year, price::text, rating::text, added_at"
EVERY_FIELD = ("title", "author", "year", "price", "rating", "added_at")
TARGET = r'<([^<>\s"]*)>'
PARAMETERS = r'((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)'
LINK = re.compile(TARGET + PARAMETERS)
LINK_HEADER = re.compile(rf"{LINK.pattern}(?:\s*,\s*{LINK.pattern})*")
REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)


class Catalogue:
    """The books of the database, and how they should be listed."""

    def __init__(self, database: Database, values: Values) -> None:
        self.database = database
        self.values = values
        self._ids = values.sample(range(1000, 60_000), 400)
        self._lowest, self._greatest = 1000, 60_000
        self._titles = [values.title() for _ in range(12)]
        self._authors = [f"{values.name()} {values.word().capitalize()}" for _ in range(4)]
        self._years = values.sample(range(1900, 2020), 5)
        self._prices = sorted({values.price(8, 60) for _ in range(6)})
        self._ratings = [None, None, "5.0", *(f"{tenths / 10}" for tenths in range(21, 48, 9))]
        start = datetime(2026, 3, 1, values.integer(6, 18), tzinfo=UTC)
        # Some books are added at the same moment, some a microsecond later.
        offsets = [values.integer(0, 900_000) for _ in range(3)]
        self._moments = [
            start + timedelta(days=day, microseconds=offset + step)
            for day in (0, values.integer(1, 20))
            for offset in offsets
            for step in (0, 1)
        ]

    def new(self, **fields: Any) -> Book:
        """A book to be added; books have much in common, but for their ids and ISBNs."""
        choice = self.values.choice
        return {
            "id": self._ids.pop(),
            "isbn": self.values.isbn(),
            "title": choice(self._titles),
            "author": choice(self._authors),
            "year": choice(self._years),
            "price": choice(self._prices),
            "rating": choice(self._ratings),
            "added_at": choice(self._moments),
            "cost": self.values.price(1, 7),
            **fields,
        }

    def before(self, like: Book) -> Book:
        """A book that differs from a listed one by a lower id than any so far."""
        self._lowest -= 1
        return self.new(**{**like, "id": self._lowest, "isbn": self.values.isbn()})

    def behind(self, like: Book) -> Book:
        """A book that differs from a listed one by a greater id than any so far."""
        self._greatest += 1
        return self.new(**{**like, "id": self._greatest, "isbn": self.values.isbn()})

    def add(self, *books: Book) -> None:
        """Add books, in this order: tables have no other than the one in which rows came."""
        self.database.run(
            "INSERT INTO books SELECT * FROM jsonb_populate_recordset(NULL::books, %s::jsonb)",
            json.dumps(books, default=str),
        )

    def fill(self, count: int) -> None:
        """Add so many books."""
        self.add(*(self.new() for _ in range(count)))

    def listed(self, sort: str = "title", where: str = "true", *values: object) -> list[Book]:
        """The books as the API should list them, were there no pages.

        Args:
            sort: as in the query.
            where: SQL, with `%s` where a value goes.
            values: for these places.
        """
        order = ", ".join(
            f"books.{field.removeprefix('-')} {'DESC' if field[0] == '-' else 'ASC'} NULLS LAST"
            for field in (*sort.split(","), "id")
        )
        statement = f"SELECT {SHOWN} FROM books WHERE {where} ORDER BY {order}"  # noqa: S608
        return self.database.rows(statement, *values)


@pytest.fixture
def catalogue(database: Database, values: Values) -> Catalogue:
    """The catalogue of this test; there are no books in it yet."""
    return Catalogue(database, values)


@dataclass(frozen=True)
class Page:
    """A page that was answered with 200.

    Attributes:
        answer: the answer itself.
        books: what was listed.
    """

    answer: httpx2.Response
    books: list[Book]

    @property
    def asked(self) -> str:
        """The request, for messages."""
        return readable(self.answer.request.url)

    @property
    def links(self) -> dict[str, httpx2.URL]:
        """Where the Link header leads to, by the names of the relations."""
        return links_of(self.answer)

    @property
    def next(self) -> httpx2.URL | None:
        """Where the next page is; None when the page says that it is the last."""
        return self.links.get("next")

    @property
    def total(self) -> str | None:
        """What `X-Total-Count` says; None when it is not there."""
        return self.answer.headers.get("x-total-count")


def read(client: Client, where: Params | httpx2.URL | None = None) -> Page:
    """Read a page: the one that some parameters ask for, or the one that a link leads to."""
    if isinstance(where, httpx2.URL):
        answer = client.get(where)
    else:
        answer = client.get("/books", params=where)
    assert answer.status_code == 200
    body = answer.json()
    is_list = isinstance(body, list) and all(isinstance(book, dict) for book in body)
    asked = readable(answer.request.url)
    assert is_list, f"{asked} should answer with a list of books. It answered {str(body)[:100]}"
    for book in body:
        book["added_at"] = moment(book["added_at"])
    return Page(answer, body)


def readable(url: httpx2.URL) -> str:
    """A request, with the cursor shortened."""
    target = url.raw_path.decode().replace("%2C", ",")
    return "GET " + re.sub(r"(cursor=[^&]{12})[^&]+", r"\1…", target)


def moment(written: Any) -> Any:
    """A moment of an answer, whatever its time zone; what is none remains what it is."""
    try:
        return datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return written


def links_of(answer: httpx2.Response) -> dict[str, httpx2.URL]:
    """The links of an answer, by the names of their relations."""
    header = ", ".join(answer.headers.get_list("link"))
    is_right = not header or LINK_HEADER.fullmatch(header)
    assert is_right, (
        'The Link header is not written as RFC 8288 has it, which is <target>; rel="next", with '
        f"every special character of the target percent-encoded. It is: {header[:300]}"
    )
    found = {}
    for target, parameters in LINK.findall(header):
        for quoted, plain in REL.findall(parameters):
            for relation in (quoted or plain).lower().split():
                found[relation] = answer.request.url.join(target)
    return found


def walk(client: Client, where: Params, most: int) -> list[Page]:
    """Read a page and follow `next` to the end."""
    pages = [read(client, where)]
    while (url := pages[-1].next) is not None:
        too_many = len(pages) >= most
        assert not too_many, (
            f"{pages[0].asked} has {most} pages. After following `next` that often, the answer "
            f"still has a `next`, which leads to {readable(url)}."
        )
        pages.append(read(client, url))
    return pages


def told(book: Book, fields: Sequence[str]) -> str:
    """A book in a message, by its id and what it is sorted by."""
    by = ", ".join(f"{field} {'null' if book[field] is None else book[field]}" for field in fields)
    return f"{book['id']} ({by})" if by else f"{book['id']}"


IN_ORDER = "Books that are equal in all of this stand in the order of their ids; null comes last."
IN_ONE_PAGE = "That is where it stands when all books are asked for in one page."


def check_books(
    asked: str,
    got: list[Book],
    expected: list[Book],
    sort: str = "title",
    because: str = IN_ORDER,
) -> None:
    """Check that these books were listed, in this order."""
    fields = [field.removeprefix("-") for field in sort.split(",")]
    ids, wanted = [book["id"] for book in got], [book["id"] for book in expected]
    strangers = [told(book, fields) for book in got if book["id"] not in wanted]
    missing = [told(book, fields) for book in expected if book["id"] not in ids]
    twice = [str(id_) for id_, times in Counter(ids).items() if times > 1]
    wrong = [
        f"{what}: {', '.join(books[:3])}{' and more' if len(books) > 3 else ''}."
        for what, books in (
            ("These books should not be there", strangers),
            ("These books came more than once", twice),
            ("These books are missing", missing),
        )
        if books
    ]
    assert not wrong, f"{asked} listed {len(got)} books. " + " ".join(wrong)
    for place, (one, other) in enumerate(zip(got, expected, strict=True), 1):
        in_place = one["id"] == other["id"]
        assert in_place, (
            f"{asked} listed the right books, in another order. In place {place} is book "
            f"{told(one, fields)}; it should be {told(other, fields)}. {because}"
        )


def check_walk(
    client: Client,
    where: Params,
    expected: list[Book],
    sort: str = "title",
    because: str = IN_ORDER,
) -> list[Page]:
    """Check that the pages, one after the other, list these books in this order."""
    limit = where["limit"]
    pages = walk(client, where, max(1, -(-len(expected) // limit)))
    books = [book for page in pages for book in page.books]
    asked = f"{pages[0].asked}, followed from page to page by `next`,"
    check_books(asked, books, expected, sort, because)
    return pages


def in_one_page(client: Client, catalogue: Catalogue, sort: str) -> list[Book]:
    """All books, as the API itself lists them when they fit into one page."""
    page = read(client, {"sort": sort, "limit": 100})
    stored = catalogue.database.value("SELECT count(*) FROM books")
    is_all = len(page.books) == stored
    assert is_all, f"{page.asked} listed {len(page.books)} books, and {stored} are stored."
    return page.books


def check_kept(page: Page, expected: list[Book], *fields: str) -> None:
    """Check that a page has these books, in whatever order."""
    got = sorted(page.books, key=lambda book: str(book["id"]))
    wanted = sorted(expected, key=lambda book: str(book["id"]))
    check_books(page.asked, got, wanted, ",".join(fields))


def the_next(page: Page) -> httpx2.URL:
    """Where the next page is; it fails the test when the page says that it is the last."""
    url = page.next
    has_next = url is not None
    names = " and ".join(page.links) or "nothing"
    assert has_next, (
        f"{page.asked} listed {len(page.books)} books, and there are more. Its Link header should "
        f'lead on, with rel="next". It names {names}.'
    )
    return url  # type: ignore[return-value]


def cursor_of(page: Page) -> str:
    """The cursor of the next page."""
    url = the_next(page)
    has_cursor = "cursor" in url.params
    assert has_cursor, f"`next` should have the parameter `cursor`. It leads to {url}"
    return str(url.params["cursor"])


@contextmanager
def rows_brought() -> Iterator[list[int]]:
    """Collect how many rows each statement has brought, whatever SQLAlchemy engine sent it."""
    brought: list[int] = []

    def take(_connection: Any, cursor: Any, *_: Any) -> None:
        brought.append(cursor.rowcount)

    event.listen(Engine, "after_cursor_execute", take)
    try:
        yield brought
    finally:
        event.remove(Engine, "after_cursor_execute", take)


def check_refused(client: Client, where: Params, why: str) -> None:
    """Check that a question is answered with 422."""
    answer = client.get("/books", params=where)
    assert answer.status_code == 422, why


def test_books_are_listed(client: Client, catalogue: Catalogue, values: Values) -> None:
    """GET /books lists the first 20 books by title, or as many as `limit` says."""
    catalogue.fill(105)
    expected = catalogue.listed()
    page = read(client)
    check_books(page.asked, page.books, expected[:20])
    assert page.books == expected[:20]
    for limit in (1, values.integer(21, 90), 100):
        page = read(client, {"limit": limit})
        check_books(page.asked, page.books, expected[:limit])


def test_filters_keep_the_right_books(client: Client, catalogue: Catalogue, values: Values) -> None:
    """Each filter keeps its books, bounds included, and several filters hold all at once."""
    catalogue.fill(60)
    books = catalogue.listed()
    authors = values.sample(sorted({book["author"] for book in books}), 2)
    middle: dict[str, Any] = {}
    for field in ("year", "price", "rating"):
        found = sorted({book[field] for book in books if book[field] is not None}, key=float)
        middle[field] = found[len(found) // 2]
    stranger = values.word().capitalize()
    for params, where, used in (
        ({"year_gte": 1, "year_lte": 9999, "price_gte": 0, "price_lte": "9999.99"}, "true", []),
        ({"author": authors[0]}, "author = %s", [authors[0]]),
        ({"author": authors}, "author = ANY(%s)", [authors]),
        ({"author": [authors[1], stranger]}, "author = %s", [authors[1]]),
        ({"author": stranger}, "false", []),
        ({"year_gte": middle["year"]}, "year >= %s", [middle["year"]]),
        ({"year_lte": middle["year"]}, "year <= %s", [middle["year"]]),
        ({"price_gte": middle["price"]}, "price >= %s", [middle["price"]]),
        ({"price_lte": middle["price"]}, "price <= %s", [middle["price"]]),
        ({"rating_gte": middle["rating"]}, "rating >= %s", [middle["rating"]]),
        (
            {
                "author": authors,
                "year_gte": middle["year"],
                "price_lte": middle["price"],
                "rating_gte": middle["rating"],
            },
            "author = ANY(%s) AND year >= %s AND price <= %s AND rating >= %s",
            [authors, middle["year"], middle["price"], middle["rating"]],
        ),
    ):
        page = read(client, {**params, "limit": 100})
        fields = {name.partition("_")[0] for name in params}
        check_kept(page, catalogue.listed("title", where, *used), *sorted(fields))


def test_a_text_is_taken_literally(client: Client, catalogue: Catalogue, values: Values) -> None:
    """A text is a text: upper or lower case, and %, _ and quotes are only characters."""
    word, other = values.word(), values.word().capitalize()
    titles = [
        f"Only 100% {word}",
        f"Only 1000 {word}",
        f"{other}_snake",
        f"{other} snake",
        f"The {other}'s \\ path",
        f"The {other}s / path",
        f'"{word}"; DROP TABLE books; --',
    ]
    catalogue.add(*(catalogue.new(title=title) for title in titles))
    catalogue.fill(5)
    for text in (word.upper(), f"100% {word}", "%", "_", f"{other}_s", f"{other}'", "\\", "/",
                 f'"{word.upper()}"', "; drop table books", "' OR '1'='1"):  # fmt: skip
        page = read(client, {"title_contains": text, "limit": 100})
        found = "strpos(lower(title), lower(%s)) > 0"
        check_kept(page, catalogue.listed("title", found, text), "title")
    author = f"{other} O'{other} %"
    catalogue.add(catalogue.new(author=author), catalogue.new(author=author.upper()))
    for text in (author, "%", f"{other}%", "' OR '1'='1", "'; DROP TABLE books; --"):
        page = read(client, {"author": text, "limit": 100})
        check_kept(page, catalogue.listed("title", "author = %s", text), "author")


def test_several_fields_decide_the_order(client: Client, catalogue: Catalogue) -> None:
    """`sort` takes several fields, each up or down, and the id decides where nothing else does."""
    catalogue.fill(70)
    for sort in ("author", "-year", "price,-title", "author,-year,price", "-added_at"):
        page = read(client, {"sort": sort, "limit": 100})
        check_books(page.asked, page.books, catalogue.listed(sort), sort)


def test_unrated_books_come_last(client: Client, catalogue: Catalogue) -> None:
    """A book that has no rating comes last, whether `sort` goes up or down."""
    catalogue.fill(40)
    for sort in ("rating", "-rating"):
        page = read(client, {"sort": sort, "limit": 100})
        got = [book["rating"] for book in page.books]
        expected = [book["rating"] for book in catalogue.listed(sort)]
        came = ", ".join("null" if rating is None else str(rating) for rating in got)
        in_order = got == expected
        assert in_order, (
            f"{page.asked} should list the books by rating, and those without one behind all "
            f"others. The ratings came in this order: {came}."
        )


def test_other_parameters_are_422(client: Client, catalogue: Catalogue, values: Values) -> None:
    """A parameter that is not listed, or a value that makes no sense, answers 422."""
    catalogue.fill(3)
    price, word = values.price(), values.word()
    for name, value in (
        (word, word),
        ("price", price),
        ("price_gt", price),
        ("prize_gte", price),
        ("author_contains", word),
        ("cost_gte", price),
        ("cost_lte", price),
        ("offset", "20"),
        ("page", "2"),
        ("price_gte) OR (1=1", price),
    ):
        check_refused(client, {name: value}, f"There is no parameter {name!r} in the contract.")
    wrong: list[tuple[str, Any]] = [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "101"),
        ("limit", str(values.integer(102, 9999))),
        ("limit", "10; DROP TABLE books"),
        ("year_gte", word),
        ("year_gte", "0"),
        ("year_lte", "10000"),
        ("year_lte", f"{values.integer(1, 9)}{'0' * 12}"),
        ("price_gte", "0 OR 1=1"),
        ("price_gte", "-0.01"),
        ("price_gte", "NaN"),
        ("price_lte", "Infinity"),
        ("price_lte", "1e999999"),
        ("price_lte", f"{price}5"),
        ("price_lte", "10000"),
        ("rating_gte", "0.9"),
        ("rating_gte", "5.1"),
        ("rating_gte", "4.25"),
        ("title_contains", ""),
        ("title_contains", f"{word}\0"),
        ("title_contains", word[0] * 101),
        ("author", ""),
        ("author", f"\0{word}"),
        ("author", [word, word[0] * 101]),
        ("total", word),
    ]
    for name, value in wrong:
        check_refused(client, {name: value}, f"{name!r} should not take {value!r}.")
    assert len(read(client).books) == 3


def test_sort_takes_nothing_else(client: Client, catalogue: Catalogue, values: Values) -> None:
    """`sort` with anything but the listed fields answers 422, above all when it is SQL."""
    catalogue.fill(3)
    field = values.choice(EVERY_FIELD)
    for sort in (
        values.word(),
        "",
        ",",
        "-",
        f"{field},",
        f",{field}",
        f"--{field}",
        f"+{field}",
        f"{field} ",
        field.upper(),
        f"{field},{field}",
        f"{field},-{field}",
        f"-{field},{values.word()}",
        "cost",
        "-cost",
        "id",
        "isbn",
        f"{field},cost",
        "metadata",
        "__tablename__",
        "1",
        f"{field} desc",
        f"{field}\n",
        f"{field}\0",
        f"{field}'",
        f"books.{field}",
        "random()",
        "(select cost)",
        "(CASE WHEN cost > 5 THEN 1 ELSE 0 END)",
        f"{field}; DELETE FROM books; --",  # noqa: S608
        f"{field}) FROM books; DROP TABLE books; --",
    ):
        check_refused(client, {"sort": sort}, f"'sort' should not take {sort!r}.")
    assert len(read(client, {"sort": field}).books) == 3


def test_next_leads_from_page_to_page(client: Client, catalogue: Catalogue, values: Values) -> None:
    """A Link header leads to the first page and to the next one; the last page has no next."""
    assert read(client).books == []
    limit = values.integer(3, 6)
    catalogue.fill(3 * limit)
    for size in (limit, limit + 1):
        expected = catalogue.listed()
        page = read(client, {"limit": size})
        check_books(page.asked, page.books, expected[:size])
        page = read(client, the_next(page))
        check_books(page.asked, page.books, expected[size : 2 * size])
        pages = check_walk(client, {"limit": size}, expected)
        for page in pages:
            has_first = "first" in page.links
            assert has_first, (
                f'{page.asked} should have a link with rel="first". Its Link header names '
                f"{' and '.join(page.links) or 'nothing'}."
            )
            again = read(client, page.links["first"])
            check_books(f"{again.asked}, which is `first`,", again.books, expected[:size])
    for params in ({"limit": 3 * limit}, {"author": values.word()}):
        page = read(client, params)
        assert page.next is None, (
            f"{page.asked} listed {len(page.books)} books, and those are all. It should have no "
            f"`next`, which leads to {page.next}."
        )


def test_links_repeat_the_question(client: Client, catalogue: Catalogue, values: Values) -> None:
    """The links repeat all that was asked, with every special character percent-encoded."""
    word = values.word()
    authors = [f'{word} & Söhne, <100% "{word}">; rel="next"', f"A+B={word}#?"]
    asked: dict[str, Any] = {
        "author": authors,
        "title_contains": f"{word}&",
        "year_gte": "1950",
        "year_lte": "1960",
        "price_gte": "10.00",
        "price_lte": "20.00",
        "rating_gte": "3",
        "sort": "price,author",
        "limit": values.integer(2, 4),
        "total": "true",
    }
    right = {"title": f"{word}& {word}", "year": 1955, "price": "15.50", "rating": "4.0"}
    others = (
        {"author": values.name()},
        {"title": word},
        {"year": 1949},
        {"year": 1961},
        {"price": "9.99"},
        {"price": "20.01"},
        {"rating": "2.9"},
    )
    books = [
        catalogue.new(**{"author": values.choice(authors), **right, **wrong})
        for wrong in (*others, *others)
    ]
    books += [catalogue.new(author=authors[n % 2], **right) for n in range(11)]
    catalogue.add(*values.shuffled(books))
    where = "author = ANY(%s) AND title LIKE %s AND year = 1955 AND price = 15.5 AND rating = 4"
    expected = catalogue.listed("price,author", where, authors, f"{word}&%")
    pages = check_walk(client, asked, expected, "price,author")
    for page in pages:
        assert page.total is not None, (
            f"The question was asked with total=true, and {page.asked}, where `next` has led, "
            "has no X-Total-Count."
        )
    again = read(client, pages[-1].links.get("first") or asked)
    check_books(f"{again.asked}, which is `first`,", again.books, expected[: asked["limit"]])


def test_pages_join_in_every_order(client: Client, catalogue: Catalogue, values: Values) -> None:
    """In every order the pages join: with ties, up and down at once, and with null in between."""
    catalogue.fill(33)
    for sort in (
        "-year",
        "-added_at",
        "author,-price",
        "rating",
        "-rating",
        "author,-rating,added_at",
        ",".join(f"{values.choice(['', '-'])}{field}" for field in values.shuffled(EVERY_FIELD)),
    ):
        limit = values.integer(4, 8)
        expected = in_one_page(client, catalogue, sort)
        check_walk(client, {"sort": sort, "limit": limit}, expected, sort, IN_ONE_PAGE)


def test_added_books_shift_no_page(client: Client, catalogue: Catalogue, values: Values) -> None:
    """While books are added, pages neither repeat nor skip, and list what is added behind them."""
    catalogue.fill(30)
    for sort in ("title", "-added_at", "author,-price,year"):
        limit = values.integer(3, 5)
        page = read(client, {"sort": sort, "limit": limit})
        for _ in range(2):
            url, last = the_next(page), page.books[-1]
            before = in_one_page(client, catalogue, sort)
            catalogue.add(
                catalogue.before(before[0]), catalogue.behind(last), catalogue.behind(before[-1])
            )
            after = in_one_page(client, catalogue, sort)
            place = [book["id"] for book in after].index(last["id"]) + 1
            page = read(client, url)
            check_books(
                "A page was read, and then three books were added: one before all others, one "
                f"right behind book {last['id']}, with which the page ends, and one behind all "
                f"others. Then {page.asked}",
                page.books,
                after[place : place + limit],
                sort,
                IN_ONE_PAGE,
            )


def test_a_position_outlives_its_book(client: Client, catalogue: Catalogue, values: Values) -> None:
    """The next page begins at the same place when the book before it is gone or has changed."""
    catalogue.fill(50)
    for sort, change, done in (
        ("title", "DELETE FROM books WHERE id = %s", "was removed"),
        ("price,-year", "UPDATE books SET price = 0.01 WHERE id = %s", "got a lower price"),
        ("-rating", "UPDATE books SET rating = NULL WHERE id = %s", "lost its rating"),
    ):
        limit = values.integer(3, 5)
        page = read(client, {"sort": sort, "limit": limit})
        url, last = the_next(page), page.books[-1]
        expected = in_one_page(client, catalogue, sort)[limit : 2 * limit]
        catalogue.database.run(change, last["id"])
        page = read(client, url)
        check_books(
            f"A page was read, and then book {last['id']}, with which it ends, {done}. Then "
            f"{page.asked}",
            page.books,
            expected,
            sort,
            "That is where it stood before.",
        )


def opened(cursor: str) -> tuple[str, Callable[[str], str]]:
    """What a cursor says, and how another one is written the same way."""
    ways: list[tuple[Callable[[str], bytes], Callable[[bytes], bytes]]] = [
        (bytes.fromhex, lambda text: text.hex().encode()),
        (lambda text: urlsafe_b64decode(text + "==="), urlsafe_b64encode),
    ]
    for read_it, write_it in ways:
        with suppress(ValueError):
            text = read_it(cursor).decode()
            if text.isprintable():
                return text, lambda other, write_it=write_it: write_it(other.encode()).decode()
    return cursor, str


def forgeries(cursor: str) -> Iterator[str]:
    """What somebody might make of a cursor."""
    yield from (cursor[:-4], cursor[4:], cursor.swapcase())
    text, written = opened(cursor)
    for pattern, forged in (
        (r"\d+", "9" * 30),
        (r"\d+", "1e999999"),
        (r"\d[\d.:+TZ-]*", "NaN"),
        (r"\d[\d.:+TZ-]*", "null"),
        (r"\d{4}-\d", "9999-9"),
        (r"\d+(?=\D*$)", "' OR '1'='1"),
        (r"The ", r"The \\u0000"),
        (r"[\[{(]", "[["),
    ):
        yield written(re.sub(pattern, forged, text))


def test_a_foreign_cursor_is_422(client: Client, catalogue: Catalogue, values: Values) -> None:
    """A cursor that is none, or is for another order, answers 422; a forged one is never a 5xx."""
    catalogue.fill(40)
    cursors = {
        sort: cursor_of(read(client, {"sort": sort, "limit": 2, "rating_gte": 1}))
        for sort in (*EVERY_FIELD, "-rating,title")
    }
    for sort, cursor in cursors.items():
        read(client, {"sort": sort, "cursor": cursor})
        others = [other for other in cursors if other != sort]
        for other in (f"-{sort}".removeprefix("--"), values.choice(others)):
            why = f"This cursor was made with sort={sort}, and comes back with sort={other}."
            check_refused(client, {"sort": other, "cursor": cursor}, why)
    written = ("{}", "[]", "null", "20", '{"offset": 20}', '["title"]', "[" * 2000)
    for cursor in (
        values.word(),
        "20",
        "-1",
        "é",
        "\0",
        "' OR '1'='1",
        *(urlsafe_b64encode(text.encode()).decode() for text in written),
        urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
    ):
        check_refused(client, {"cursor": cursor}, f"The API has never made the cursor {cursor!r}.")
    for sort, cursor in cursors.items():
        for forged in forgeries(cursor):
            answer = client.get("/books", params={"sort": sort, "cursor": forged})
            assert answer.status_code in (200, 422), (
                f"With sort={sort}, the cursor {cursor!r} was changed to {forged[:200]!r}, which "
                f"says {opened(forged)[0][:200]!r}."
            )


def test_the_total_is_counted_on_request(
    client: Client, catalogue: Catalogue, values: Values
) -> None:
    """With total=true, X-Total-Count says on every page how many books there are in all."""
    catalogue.fill(values.integer(25, 35))
    books = catalogue.listed()
    word = books[0]["title"].split()[-1]
    with_word = [book for book in books if word in book["title"]]
    questions: list[tuple[Params, list[Book]]] = [
        ({"title_contains": word, "limit": 2}, with_word),
        ({"limit": values.integer(9, 15)}, books),
        ({"author": values.word(), "limit": 5}, []),
    ]
    for params, expected in questions:
        for page in walk(client, {**params, "total": "true"}, len(books)):
            assert page.total == str(len(expected)), (
                f"The filters keep {len(expected)} books, and {page.asked} says X-Total-Count: "
                f"{page.total or 'nothing'}. The total is the same on each page."
            )
    for more in ({}, {"total": "false"}):
        page = read(client, {"limit": 5, **more})
        assert page.total is None, (
            f"{page.asked} asks for no total, and has X-Total-Count: {page.total}."
        )


def test_a_page_costs_one_statement(client: Client, catalogue: Catalogue, values: Values) -> None:
    """A page costs one statement, which brings one row more than the page at most."""
    catalogue.fill(60)
    limit = values.integer(4, 8)
    where: Params | httpx2.URL = {"sort": "author,-rating", "limit": limit}
    read(client, where)
    for _ in range(3):
        with statements() as sent, rows_brought() as brought:
            page = read(client, where)
        where = the_next(page)
        assert len(sent) == 1, (
            f"{page.asked} should send one statement to the database. It sent {len(sent)}: "
            f"{'; '.join(' '.join(one.split())[:160] for one in sent) or 'none by SQLAlchemy'}"
        )
        counts = re.search(r"\bcount\s*\(", sent[0], re.IGNORECASE)
        assert not counts, f"{page.asked} asks for no total, and counted all books: {sent[0]}"
        enough = sum(brought) <= limit + 1
        assert enough, (
            f"{page.asked} read {sum(brought)} rows from the database, for a page of {limit}. The "
            "database should do the filtering, the sorting and the cutting."
        )
    with statements() as sent:
        page = read(client, {"total": "true"})
    assert len(sent) in (1, 2), (
        f"{page.asked} should send two statements at most, the page and the total. It sent "
        f"{len(sent)}."
    )
