"""Works asynchronously on the table itself, one parameter each, and counts in the same statement.

Null is turned into two sort keys that are never null: whether there is a rating, and which.
"""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy import ColumnElement, Integer, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from .tables import Book

books = Book.__table__
UNRATED = cast(books.c.rating.is_(None), Integer)
RATING = func.coalesce(books.c.rating, 0)
SORTABLE: dict[str, list[str]] = {
    "title": ["title"],
    "author": ["author"],
    "year": ["year"],
    "price": ["price"],
    "rating": ["unrated", "rating"],
    "added_at": ["added_at"],
}
EXPRESSIONS: dict[str, ColumnElement[Any]] = {
    **{name: books.c[name] for name in ("title", "author", "year", "price", "added_at", "id")},
    "unrated": UNRATED,
    "rating": RATING,
}


def without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text must not contain NUL")
    return text


def once_each(sort: str) -> str:
    names = [part.removeprefix("-") for part in sort.split(",")]
    if not all(name in SORTABLE for name in names) or len(names) != len(set(names)):
        raise ValueError(f"sort takes {', '.join(SORTABLE)}, each at most once")
    return sort


Text = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(without_nul)]
Year = Annotated[int | None, Query(ge=1, le=9999)]
Price = Annotated[Decimal | None, Query(ge=0, le=Decimal("9999.99"), decimal_places=2)]
Rating = Annotated[Decimal | None, Query(ge=1, le=5, decimal_places=1)]


class Position(BaseModel):
    """Where the page before has ended."""

    sort: str
    id: Annotated[int, Field(ge=1, lt=2**63)]
    title: Annotated[str, AfterValidator(without_nul)] = ""
    author: Annotated[str, AfterValidator(without_nul)] = ""
    year: Annotated[int, Field(ge=-9999, le=9999)] = 0
    price: Annotated[Decimal, Field(ge=0, lt=10_000)] = Decimal(0)
    unrated: Annotated[int, Field(ge=0, le=1)] = 0
    rating: Annotated[Decimal, Field(ge=0, lt=10)] = Decimal(0)
    added_at: AwareDatetime | None = None


class ListedBook(BaseModel):
    id: int
    isbn: str
    title: str
    author: str
    year: int
    price: Decimal
    rating: Decimal | None
    added_at: datetime


class Filters:
    """The filters that were used, as conditions."""

    def __init__(
        self,
        title_contains: Text | None = None,
        author: Annotated[list[Text] | None, Query()] = None,
        year_gte: Year = None,
        year_lte: Year = None,
        price_gte: Price = None,
        price_lte: Price = None,
        rating_gte: Rating = None,
    ) -> None:
        self.conditions: list[ColumnElement[bool]] = []
        if title_contains is not None:
            found = func.strpos(func.lower(books.c.title), title_contains.lower())
            self.conditions.append(found > 0)
        if author:
            self.conditions.append(books.c.author.in_(author))
        for column, low, high in (
            (books.c.year, year_gte, year_lte),
            (books.c.price, price_gte, price_lte),
            (books.c.rating, rating_gte, None),
        ):
            if low is not None:
                self.conditions.append(column >= low)
            if high is not None:
                self.conditions.append(column <= high)


class Order:
    """The order of the pages, and where in it this page begins."""

    def __init__(
        self, sort: Annotated[str, AfterValidator(once_each)] = "title", cursor: str | None = None
    ) -> None:
        self.sort = sort
        self.keys = [
            (key, part.startswith("-") and key != "unrated")
            for part in sort.split(",")
            for key in SORTABLE[part.removeprefix("-")]
        ]
        self.keys.append(("id", False))
        self.position = None if cursor is None else self._read(cursor)

    def clauses(self) -> list[ColumnElement[Any]]:
        return [
            EXPRESSIONS[key].desc() if is_down else EXPRESSIONS[key].asc()
            for key, is_down in self.keys
        ]

    def begins(self) -> list[ColumnElement[bool]]:
        if self.position is None:
            return []
        ways: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, is_down in self.keys:
            column, value = EXPRESSIONS[key], getattr(self.position, key)
            ways.append(and_(*same, column < value if is_down else column > value))
            same.append(column == value)
        return [or_(*ways)]

    def write(self, row: dict[str, Any]) -> str:
        values = {**row, "unrated": int(row["rating"] is None), "rating": row["rating"] or 0}
        keys = {key for key, _ in self.keys}
        position = Position(sort=self.sort, **{k: v for k, v in values.items() if k in keys})
        written = position.model_dump_json(include={"sort", *keys})
        return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> Position:
        try:
            written = base64.urlsafe_b64decode(cursor + "==")
            position = Position.model_validate_json(written)
        except (ValidationError, ValueError) as error:
            raise HTTPException(422, "This is no cursor.") from error
        if position.sort != self.sort:
            raise HTTPException(422, "This cursor belongs to another order.")
        if "added_at" in {key for key, _ in self.keys} and position.added_at is None:
            raise HTTPException(422, "This is no cursor.")
        return position


KNOWN = {
    *("title_contains", "author", "year_gte", "year_lte", "price_gte", "price_lte"),
    *("rating_gte", "sort", "limit", "cursor", "total"),
}


def only_known(request: Request) -> None:
    unknown = set(request.query_params) - KNOWN
    if unknown:
        raise HTTPException(422, f"There is no parameter {', '.join(sorted(unknown))}.")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.engine = create_async_engine(os.environ["DATABASE_URL"])
    yield
    await app.state.engine.dispose()


async def connect(request: Request) -> AsyncIterator[AsyncConnection]:
    async with request.app.state.engine.connect() as connection:
        yield connection


app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.get("/books", dependencies=[Depends(only_known)])
async def list_books(
    request: Request,
    response: Response,
    filters: Annotated[Filters, Depends()],
    order: Annotated[Order, Depends()],
    connection: Annotated[AsyncConnection, Depends(connect)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    total: bool = False,
) -> list[ListedBook]:
    columns = [books.c[name] for name in ListedBook.model_fields]
    page = select(*columns).where(*filters.conditions, *order.begins())
    counted = select(func.count()).select_from(books).where(*filters.conditions)
    if total:
        # One statement for both; the subquery does not see where the page begins.
        page = page.add_columns(counted.correlate(None).scalar_subquery().label("total"))
    statement = page.order_by(*order.clauses()).limit(limit + 1)
    rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
    links = [f'<{request.url.remove_query_params("cursor")}>; rel="first"']
    if len(rows) > limit:
        url = request.url.include_query_params(cursor=order.write(rows[limit - 1]))
        links.insert(0, f'<{url}>; rel="next"')
    for value in links:
        response.headers.append("Link", value)
    if total:
        found = rows[0]["total"] if rows else await connection.scalar(counted)
        response.headers["X-Total-Count"] = str(found)
    return [ListedBook.model_validate(row) for row in rows[:limit]]
