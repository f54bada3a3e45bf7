"""Writes only the id of the last book into the cursor, and looks up where that book stands now.

Fails: test_a_position_outlives_its_book
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, TypedDict

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, field_validator
from pydantic_core import from_json, to_json
from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    create_engine,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased, sessionmaker

from .tables import Book

NoNul = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # PostgreSQL has no NUL in a text
Text = Annotated[NoNul, Field(min_length=1, max_length=100)]
Year = Annotated[int, Field(ge=1, le=9999)]
Price = Annotated[Decimal, Field(ge=0, max_digits=6, decimal_places=2)]
Rating = Annotated[Decimal, Field(ge=1, le=5, decimal_places=1)]

FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "title_contains": lambda text: Book.title.icontains(text, autoescape=True),
    "author": Book.author.in_,
    "year_gte": lambda year: Book.year >= year,
    "year_lte": lambda year: Book.year <= year,
    "price_gte": lambda price: Book.price >= price,
    "price_lte": lambda price: Book.price <= price,
    "rating_gte": lambda rating: Book.rating >= rating,
}


class SortKey(NamedTuple):
    """One of the columns that books are sorted by.

    Attributes:
        field: its name, in `sort` and in a book.
        column: the column itself.
        value: reads a value of it from a cursor, which anybody may have written.
        nullable: whether it may be null, which comes last, up and down.
        descending: whether the largest come first.
    """

    field: str
    column: SQLColumnExpression[Any]
    value: TypeAdapter[Any]
    nullable: bool = False
    descending: bool = False

    def clause(self) -> ColumnElement[Any]:
        """What stands in ORDER BY."""
        clause = self.column.desc() if self.descending else self.column.asc()
        return clause.nulls_last() if self.nullable else clause

    def after(self, value: Any) -> ColumnElement[bool]:
        """Whether a book comes after those with this value."""
        after = self.column < value if self.descending else self.column > value
        if self.nullable:
            return or_(after, and_(self.column.is_(None), value.is_not(None)))
        return after

    def same(self, value: Any) -> ColumnElement[bool]:
        """Whether a book has this value."""
        return self.column.is_not_distinct_from(value)


SORT_KEYS = {
    key.field: key
    for key in (
        SortKey("title", Book.title, TypeAdapter(NoNul)),
        SortKey("author", Book.author, TypeAdapter(NoNul)),
        SortKey("year", Book.year, TypeAdapter(Year)),
        SortKey("price", Book.price, TypeAdapter(Price)),
        SortKey("rating", Book.rating, TypeAdapter(Rating | None), nullable=True),
        SortKey("added_at", Book.added_at, TypeAdapter(AwareDatetime)),
    )
}
TIE_BREAKER = SortKey("id", Book.id, TypeAdapter(Annotated[int, Field(ge=0, lt=2**63)]))
_SORT_KEY = f"-?({'|'.join(SORT_KEYS)})"


class CatalogueQuery(BaseModel):
    """What may be asked of the catalogue; every other parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    title_contains: Text | None = None
    author: list[Text] | None = None
    year_gte: Year | None = None
    year_lte: Year | None = None
    price_gte: Price | None = None
    price_lte: Price | None = None
    rating_gte: Rating | None = None
    sort: Annotated[str, Field(pattern=f"^{_SORT_KEY}(,{_SORT_KEY})*$")] = "title"
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None
    total: bool = False

    @field_validator("sort")
    @classmethod
    def names_each_field_once(cls, sort: str) -> str:
        names = sort.replace("-", "").split(",")
        if len(set(names)) < len(names):
            raise ValueError("names a field twice")
        return sort

    def conditions(self) -> list[ColumnElement[bool]]:
        """What must hold for a book to be listed, on whatever page."""
        asked = self.model_dump(include=set(FILTERS), exclude_none=True)
        return [FILTERS[name](value) for name, value in asked.items()]

    def sort_keys(self) -> list[SortKey]:
        """The whole order: the id decides where nothing else does."""
        fields = self.sort.split(",")
        keys = [SORT_KEYS[f.removeprefix("-")]._replace(descending=f[0] == "-") for f in fields]
        return [*keys, TIE_BREAKER]

    def cursor_behind(self, book: Book) -> str:
        """The position after a book, in the order of this query."""
        return urlsafe_b64encode(to_json([self.sort, book.id])).decode()

    def after_cursor(self) -> list[ColumnElement[bool]]:
        """What must hold for a book to be on the page that the cursor leads to.

        Raises:
            RequestValidationError: the cursor is none, or was made for another order.
        """
        if self.cursor is None:
            return []
        keys = self.sort_keys()
        try:
            sort, written = from_json(urlsafe_b64decode(self.cursor))
            book_id = TIE_BREAKER.value.validate_python(written)
        except (TypeError, ValueError) as error:
            raise refused("cursor", self.cursor, "is no cursor of this order") from error
        if sort != self.sort:
            raise refused("cursor", self.cursor, "is a cursor of another order")
        last = aliased(Book)
        condition: ColumnElement[bool] = false()
        for key in reversed(keys):
            place = select(getattr(last, key.field)).where(last.id == book_id).scalar_subquery()
            condition = or_(key.after(place), and_(key.same(place), condition))
        return [condition]


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


class State(TypedDict):
    sessions: sessionmaker[Session]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
    try:
        yield {"sessions": sessionmaker(engine)}
    finally:
        engine.dispose()


def get_session(request: Request) -> Iterator[Session]:
    sessions: sessionmaker[Session] = request.state.sessions
    with sessions() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]

app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.get("/books", response_model=list[ListedBook])
def list_books(
    query: Annotated[CatalogueQuery, Query()],
    session: SessionDep,
    request: Request,
    response: Response,
) -> Sequence[Book]:
    wanted = query.conditions()
    page = (
        select(Book)
        .where(*wanted, *query.after_cursor())
        .order_by(*(key.clause() for key in query.sort_keys()))
        .limit(query.limit + 1)  # one more, to know whether there is a next page
    )
    found = session.scalars(page).all()
    books = found[: query.limit]
    links = [link(request, "first", None)]
    if len(found) > query.limit:
        links.append(link(request, "next", query.cursor_behind(books[-1])))
    response.headers["Link"] = ", ".join(links)
    if query.total:
        count = session.scalar(select(func.count()).select_from(Book).where(*wanted))
        response.headers["X-Total-Count"] = str(count)
    return books


def link(request: Request, relation: str, cursor: str | None) -> str:
    """A link (RFC 8288) to the same question at another position."""
    url = request.url.remove_query_params("cursor")
    if cursor:
        url = url.include_query_params(cursor=cursor)
    # Relative, because a proxy may have changed the scheme and the host.
    return f'<{url.path}?{url.query}>; rel="{relation}"'


def refused(parameter: str, value: str, why: str) -> RequestValidationError:
    """The error of a parameter, in the shape that FastAPI's own have."""
    loc = ("query", parameter)
    return RequestValidationError([{"type": "value_error", "loc": loc, "msg": why, "input": value}])
