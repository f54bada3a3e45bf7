"""Locks, versions and retries; blocking SQLAlchemy in threads; each store a module of functions."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from sqlalchemy import create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from tortoise import Tortoise, fields
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.models import Model
from tortoise.transactions import in_transaction

from .contract import Book, Books, Change, NewBook, TooFewCopiesError, UnknownBookError, Wanted


class Base(DeclarativeBase):
    pass


class BookRow(Base):
    __tablename__ = "books"

    isbn: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal]
    published: Mapped[date]
    copies: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TortoiseRow(Model):
    isbn = fields.CharField(13, primary_key=True)
    title = fields.TextField()
    price = fields.DecimalField(6, 2)
    published = fields.DateField()
    copies = fields.IntField(default=0)
    details: dict[str, Any] = fields.JSONField()

    class Meta(Model.Meta):
        """Which table it is."""

        table = "books"


def as_book(row: object) -> Book:
    return Book.model_validate(row, from_attributes=True)


def after(copies: int, change: int) -> int:
    """How many copies are left after a change."""
    if copies + change < 0:
        raise TooFewCopiesError
    return copies + change


class InThreads:
    """SQLAlchemy without asyncio: each method runs in a thread, and locks the row it works on."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        return await asyncio.to_thread(self._put, isbn, new)

    def _put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        try:
            with self.sessions.begin() as session:
                session.add(BookRow(isbn=isbn, copies=0, **new.model_dump()))
            is_new = True
        except IntegrityError:
            is_new = False
            with self.sessions.begin() as session:
                row = self._locked(session, isbn)
                for name, value in new.model_dump().items():
                    setattr(row, name, value)
        return self._get(isbn), is_new

    async def get(self, isbn: str) -> Book:
        return await asyncio.to_thread(self._get, isbn)

    def _get(self, isbn: str) -> Book:
        with self.sessions() as session:
            row = session.get(BookRow, isbn)
            if row is None:
                raise UnknownBookError
            return as_book(row)

    async def change_stock(self, isbn: str, change: int) -> Book:
        return await asyncio.to_thread(self._change_stock, isbn, change)

    def _change_stock(self, isbn: str, change: int) -> Book:
        with self.sessions.begin() as session:
            row = self._locked(session, isbn)
            row.copies = after(row.copies, change)
            return as_book(row)

    async def find(self, wanted: Wanted) -> list[Book]:
        return await asyncio.to_thread(self._find, wanted)

    def _find(self, wanted: Wanted) -> list[Book]:
        statement = text(
            "SELECT * FROM books"
            " WHERE (CAST(:language AS text) IS NULL OR details ->> 'language' = :language)"
            " AND (CAST(:tag AS text) IS NULL OR details -> 'tags' ? :tag)"
            " AND (CAST(:min_pages AS int) IS NULL"
            "      OR CAST(details ->> 'pages' AS int) >= :min_pages)"
            " ORDER BY isbn"
        )
        with self.sessions() as session:
            return [as_book(row) for row in session.execute(statement, wanted.model_dump())]

    @staticmethod
    def _locked(session: Session, isbn: str) -> BookRow:
        row = session.get(BookRow, isbn, with_for_update=True)
        if row is None:
            raise UnknownBookError
        return row


class Versioned:
    """MongoDB with a version in each document: whoever comes too late starts again."""

    def __init__(self, books: AsyncCollection[dict[str, Any]]) -> None:
        self.books = books

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        said = new.model_dump(mode="json") | {"price": f"{new.price:.2f}"}
        try:
            await self.books.insert_one({"isbn": isbn, "copies": 0, "version": 1, **said})
        except DuplicateKeyError:
            await self._swap(isbn, lambda book: {**book, **said})
            return await self.get(isbn), False
        return await self.get(isbn), True

    async def get(self, isbn: str) -> Book:
        found = await self.books.find_one({"isbn": isbn}, {"_id": False})
        if found is None:
            raise UnknownBookError
        return Book(**found)

    async def change_stock(self, isbn: str, change: int) -> Book:
        book = await self._swap(
            isbn, lambda book: {**book, "copies": after(book["copies"], change)}
        )
        return Book(**book)

    async def find(self, wanted: Wanted) -> list[Book]:
        conditions = {
            "details.language": wanted.language,
            "details.tags": wanted.tag,
            "details.pages": None if wanted.min_pages is None else {"$gte": wanted.min_pages},
        }
        asked = {name: value for name, value in conditions.items() if value is not None}
        found = self.books.find(asked, {"_id": 0}, sort=[("isbn", 1)])
        return [Book(**document) async for document in found]

    async def _swap(
        self, isbn: str, changed: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> dict[str, Any]:
        while True:
            old = await self.books.find_one({"isbn": isbn}, {"_id": False})
            if old is None:
                raise UnknownBookError
            new = changed(old) | {"version": old["version"] + 1}
            result = await self.books.replace_one({"isbn": isbn, "version": old["version"]}, new)
            if result.matched_count:
                return new


class Locked:
    """Tortoise with `SELECT … FOR UPDATE`, and with the upsert written in SQL."""

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        _, rows = await Tortoise.get_connection("default").execute_query(
            "INSERT INTO books (isbn, title, price, published, details)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (isbn) DO UPDATE SET (title, price,"
            " published, details) = (EXCLUDED.title, EXCLUDED.price, EXCLUDED.published,"
            " EXCLUDED.details) RETURNING *, xmax = 0 AS is_new",
            [isbn, new.title, new.price, new.published, json.dumps(new.details)],
        )
        return Book(**rows[0]), rows[0]["is_new"]

    async def get(self, isbn: str) -> Book:
        row = await TortoiseRow.filter(isbn=isbn).first()
        if row is None:
            raise UnknownBookError
        return as_book(row)

    async def change_stock(self, isbn: str, change: int) -> Book:
        async with in_transaction():
            row = await TortoiseRow.filter(isbn=isbn).select_for_update().first()
            if row is None:
                raise UnknownBookError
            row.copies = after(row.copies, change)
            await row.save()
        return as_book(row)

    async def find(self, wanted: Wanted) -> list[Book]:
        rows = TortoiseRow.all()
        if wanted.language is not None:
            rows = rows.filter(details__filter={"language": wanted.language})
        if wanted.tag is not None:
            rows = rows.filter(details__contains={"tags": [wanted.tag]})
        if wanted.min_pages is not None:
            rows = rows.filter(details__filter={"pages__gte": wanted.min_pages})
        return [as_book(row) for row in await rows.order_by("isbn")]


@asynccontextmanager
async def sqlalchemy() -> AsyncIterator[Books]:
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=10)
    yield InThreads(sessionmaker(engine))
    engine.dispose()


@asynccontextmanager
async def mongodb() -> AsyncIterator[Books]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(os.environ["MONGODB_URL"])
    books = client.get_default_database().shop_books
    await books.create_index("isbn", unique=True)
    yield Versioned(books)
    await client.close()


@asynccontextmanager
async def tortoise() -> AsyncIterator[Books]:
    url = os.environ["DATABASE_URL"].removeprefix("postgresql+")
    async with RegisterTortoise(db_url=url, modules={"models": [__name__]}):
        yield Locked()


OPEN: dict[str, Callable[[], AbstractAsyncContextManager[Books]]] = {
    "sqlalchemy": sqlalchemy,
    "mongodb": mongodb,
    "tortoise": tortoise,
}
opened: list[Books] = []


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with OPEN[os.environ["STORE"]]() as books:
        opened[:] = [books]
        yield


def the_store() -> Books:
    return opened[0]


Store = Annotated[Books, Depends(the_store)]


async def put(isbn: str, new: NewBook, books: Store, response: Response) -> Book:
    book, is_new = await books.put(isbn, new)
    response.status_code = 201 if is_new else 200
    return book


async def get(isbn: str, books: Store) -> Book:
    try:
        return await books.get(isbn)
    except UnknownBookError:
        raise HTTPException(404, f"{isbn} is unknown") from None


async def stock(isbn: str, change: Change, books: Store) -> Book:
    try:
        return await books.change_stock(isbn, change.change)
    except UnknownBookError:
        raise HTTPException(404, f"{isbn} is unknown") from None
    except TooFewCopiesError:
        raise HTTPException(409, f"too few copies of {isbn}") from None


async def find(wanted: Annotated[Wanted, Query()], books: Store) -> list[Book]:
    return await books.find(wanted)


app = FastAPI(lifespan=lifespan)
app.add_api_route("/books/{isbn}", put, methods=["PUT"])
app.add_api_route("/books/{isbn}", get, methods=["GET"])
app.add_api_route("/books/{isbn}/stock", stock, methods=["POST"])
app.add_api_route("/books", find, methods=["GET"])
