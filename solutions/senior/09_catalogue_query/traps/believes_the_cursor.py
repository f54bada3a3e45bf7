"""Takes what stands in a cursor for its own: the database is left to find out that it is not.

Fails: test_a_foreign_cursor_is_422
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import from_json, to_json
from sqlalchemy import Connection, create_engine, text

Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("9999.99"), decimal_places=2)]

FILTERS = {
    "title_contains": "strpos(lower(title), lower(:title_contains)) > 0",
    "author": "author = ANY(:author)",
    "year_gte": "year >= :year_gte",
    "year_lte": "year <= :year_lte",
    "price_gte": "price >= :price_gte",
    "price_lte": "price <= :price_lte",
    "rating_gte": "rating >= :rating_gte",
}
# How each is sorted by, up and down, and as what a cursor's text is read.
SORTS = {
    "title": ("title", "title", "text"),
    "author": ("author", "author", "text"),
    "year": ("year", "year", "integer"),
    "price": ("price", "price", "numeric"),
    "rating": ("coalesce(rating, 'Infinity')", "coalesce(rating, '-Infinity')", "numeric"),
    "added_at": ("added_at", "added_at", "timestamptz"),
    "id": ("id", "id", "bigint"),
}
SHOWN = "id, isbn, title, author, year, price, rating, added_at"


class Asked(BaseModel, extra="forbid"):
    title_contains: Text | None = None
    author: list[Text] | None = None
    year_gte: int | None = Field(None, ge=1, le=9999)
    year_lte: int | None = Field(None, ge=1, le=9999)
    price_gte: Price | None = None
    price_lte: Price | None = None
    rating_gte: Annotated[Decimal, Field(ge=1, le=5, decimal_places=1)] | None = None
    sort: str = "title"
    limit: int = Field(20, ge=1, le=100)
    cursor: str | None = None
    total: bool = False

    @model_validator(mode="after")
    def sort_is_known(self) -> Self:
        names = [part.removeprefix("-") for part in self.sort.split(",")]
        if len(set(names)) < len(names) or not set(names) <= SORTS.keys() - {"id"}:
            raise ValueError("sort takes the fields of a book, each once")
        return self


class ListedBook(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    isbn: str
    title: str
    author: str
    year: int
    price: Decimal
    rating: Decimal | None
    added_at: datetime


engine = create_engine(os.environ["DATABASE_URL"])
router = APIRouter()


def get_connection() -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def directions(sort: str) -> list[tuple[str, bool]]:
    parts = [*sort.split(","), "id"]
    return [(part.removeprefix("-"), part.startswith("-")) for part in parts]


def order_by(sort: str) -> str:
    return ", ".join(
        f"{SORTS[name][is_down]} {'DESC' if is_down else 'ASC'}"
        for name, is_down in directions(sort)
    )


def begins(sort: str) -> str:
    """Where the page begins: behind the values :k0, :k1 and so on."""
    ways, same = [], ""
    for number, (name, is_down) in enumerate(directions(sort)):
        column, value = SORTS[name][is_down], f"CAST(CAST(:k{number} AS text) AS {SORTS[name][2]})"
        ways.append(f"({same}{column} {'<' if is_down else '>'} {value})")
        same += f"{column} = {value} AND "
    return f"({' OR '.join(ways)})"


def write_cursor(sort: str, book: Mapping[Any, Any]) -> str:
    values = []
    for name, is_down in directions(sort):
        missing = "-Infinity" if is_down else "Infinity"
        values.append(missing if book[name] is None else str(book[name]))
    return to_json({"for": sort, "behind": values}).hex()


def read_cursor(sort: str, cursor: str) -> dict[str, str]:
    try:
        written = from_json(bytes.fromhex(cursor))
        is_right = written["for"] == sort and len(written["behind"]) == len(directions(sort))
        values = {f"k{number}": str(value) for number, value in enumerate(written["behind"])}
    except (LookupError, TypeError, ValueError):
        is_right = False
    if not is_right or any("\0" in value for value in values.values()):
        raise HTTPException(422, "This is no cursor of this order.")
    return values


def link(request: Request, relation: str, **more: str) -> str:
    asked = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
    return f'<books?{urlencode([*asked, *more.items()])}>; title="Books"; rel={relation}'


@router.get("")
def list_books(
    asked: Annotated[Asked, Query()],
    connection: Annotated[Connection, Depends(get_connection)],
    request: Request,
    response: Response,
) -> list[ListedBook]:
    bound: dict[str, Any] = asked.model_dump(include=set(FILTERS), exclude_none=True)
    wanted = " AND ".join(["true", *(FILTERS[name] for name in bound)])
    if asked.total:
        count = connection.execute(text(f"SELECT count(*) FROM books WHERE {wanted}"), bound)  # noqa: S608
        response.headers["X-Total-Count"] = str(count.scalar_one())
    if asked.cursor is not None:
        wanted += f" AND {begins(asked.sort)}"
        bound |= read_cursor(asked.sort, asked.cursor)
    statement = (
        f"SELECT {SHOWN} FROM books WHERE {wanted} ORDER BY {order_by(asked.sort)} LIMIT :most"  # noqa: S608
    )
    found = connection.execute(text(statement), {**bound, "most": asked.limit + 1})
    books = found.mappings().all()
    links = [link(request, "first")]
    if len(books) > asked.limit:
        books = books[: asked.limit]
        links.append(link(request, "next", cursor=write_cursor(asked.sort, books[-1])))
    response.headers["link"] = " , ".join(links)
    return [ListedBook.model_validate(dict(book)) for book in books]


app = FastAPI(title="Bookshop")
app.include_router(router, prefix="/books")
