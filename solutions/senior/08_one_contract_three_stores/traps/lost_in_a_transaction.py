"""Believes that a transaction is enough: in the default isolation level of PostgreSQL it is not.

Fails: test_no_change_is_lost, test_the_last_copies_are_sold_once
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypedDict

from fastapi import Depends, FastAPI, Query, Request, Response, status
from fastapi.responses import JSONResponse
from pymongo import AsyncMongoClient, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from tortoise import fields
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.expressions import F
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


def book_of(row: BookRow) -> Book:
    return Book.model_validate(row, from_attributes=True)


class SqlAlchemyBooks:
    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        values = new.model_dump()
        add = (
            insert(BookRow)
            .values(isbn=isbn, copies=0, **values)
            .on_conflict_do_nothing()
            .returning(BookRow)
        )
        replace = update(BookRow).where(BookRow.isbn == isbn).values(**values).returning(BookRow)
        async with self._sessions.begin() as session:
            # Whoever adds the same book at this moment is waited for here.
            row = await session.scalar(add)
            is_new = row is not None
            if row is None:
                row = (await session.scalars(replace)).one()
            return book_of(row), is_new

    async def get(self, isbn: str) -> Book:
        async with self._sessions() as session:
            row = await session.get(BookRow, isbn)
        if row is None:
            raise UnknownBookError
        return book_of(row)

    async def change_stock(self, isbn: str, change: int) -> Book:
        async with self._sessions.begin() as session:
            row = await session.get(BookRow, isbn)
            if row is None:
                raise UnknownBookError
            if row.copies + change < 0:
                raise TooFewCopiesError
            row.copies = row.copies + change
            await session.flush()
            return book_of(row)

    async def find(self, wanted: Wanted) -> list[Book]:
        query = select(BookRow).order_by(BookRow.isbn)
        if wanted.language is not None:
            query = query.where(BookRow.details.contains({"language": wanted.language}))
        if wanted.tag is not None:
            query = query.where(BookRow.details.contains({"tags": [wanted.tag]}))
        if wanted.min_pages is not None:
            query = query.where(BookRow.details["pages"].as_integer() >= wanted.min_pages)
        async with self._sessions() as session:
            return [book_of(row) for row in await session.scalars(query)]


@asynccontextmanager
async def open_sqlalchemy(url: str) -> AsyncIterator[SqlAlchemyBooks]:
    engine = create_async_engine(url, pool_pre_ping=True)
    try:
        yield SqlAlchemyBooks(async_sessionmaker(engine))
    finally:
        await engine.dispose()


Document = dict[str, Any]
CENT = Decimal("0.01")


def document_of(new: NewBook) -> Document:
    """BSON has no `Decimal` and no date without a time of day: both are kept as texts."""
    return {**new.model_dump(mode="json"), "price": str(new.price.quantize(CENT))}


def book_of_document(document: Document) -> Book:
    return Book(isbn=document["_id"], **document)


class MongoBooks:
    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self._collection = collection

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        document = document_of(new)
        before = await self._collection.find_one_and_update(
            {"_id": isbn},
            # Adding 0 leaves the copies of an old book alone, and gives a new one none.
            {"$set": document, "$inc": {"copies": 0}},
            upsert=True,
            return_document=ReturnDocument.BEFORE,
        )
        copies = 0 if before is None else before["copies"]
        return book_of_document({"_id": isbn, "copies": copies, **document}), before is None

    async def get(self, isbn: str) -> Book:
        document = await self._collection.find_one({"_id": isbn})
        if document is None:
            raise UnknownBookError
        return book_of_document(document)

    async def change_stock(self, isbn: str, change: int) -> Book:
        document = await self._collection.find_one_and_update(
            {"_id": isbn, "copies": {"$gte": -change}},
            {"$inc": {"copies": change}},
            return_document=ReturnDocument.AFTER,
        )
        if document is None:
            await self.get(isbn)
            raise TooFewCopiesError
        return book_of_document(document)

    async def find(self, wanted: Wanted) -> list[Book]:
        query: Document = {}
        if wanted.language is not None:
            query["details.language"] = wanted.language
        if wanted.tag is not None:
            query["details.tags"] = wanted.tag  # a list matches by any of its elements
        if wanted.min_pages is not None:
            query["details.pages"] = {"$gte": wanted.min_pages}
        return [
            book_of_document(document)
            async for document in self._collection.find(query).sort("_id")
        ]


@asynccontextmanager
async def open_mongodb(url: str) -> AsyncIterator[MongoBooks]:
    client: AsyncMongoClient[Document] = AsyncMongoClient(url, serverSelectionTimeoutMS=3_000)
    async with client:
        yield MongoBooks(client.get_default_database()["books"])


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


def book_of_row(row: TortoiseRow) -> Book:
    return Book.model_validate(row, from_attributes=True)


class TortoiseBooks:
    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        # Locks the row that it finds, and tries again when somebody else adds it meanwhile.
        row, is_new = await TortoiseRow.update_or_create(new.model_dump(), isbn=isbn)
        return book_of_row(row), is_new

    async def get(self, isbn: str) -> Book:
        row = await TortoiseRow.get_or_none(isbn=isbn)
        if row is None:
            raise UnknownBookError
        return book_of_row(row)

    async def change_stock(self, isbn: str, change: int) -> Book:
        async with in_transaction():
            row = await TortoiseRow.get_or_none(isbn=isbn)
            if row is None:
                raise UnknownBookError
            if row.copies + change < 0:
                raise TooFewCopiesError
            row.copies += change
            await row.save(update_fields=["copies"])
            return book_of_row(row)

    async def find(self, wanted: Wanted) -> list[Book]:
        query = TortoiseRow.all().order_by("isbn")
        if wanted.language is not None:
            query = query.filter(details__contains={"language": wanted.language})
        if wanted.tag is not None:
            query = query.filter(details__contains={"tags": [wanted.tag]})
        if wanted.min_pages is not None:
            query = query.filter(details__filter={"pages__gte": wanted.min_pages})
        return [book_of_row(row) for row in await query]


@asynccontextmanager
async def open_tortoise(url: str) -> AsyncIterator[TortoiseBooks]:
    # Tortoise names its driver in the place of the scheme.
    url = url.replace("postgresql+psycopg://", "psycopg://", 1)
    async with RegisterTortoise(db_url=url, modules={"models": [__name__]}):
        yield TortoiseBooks()


Opener = Callable[[str], AbstractAsyncContextManager[Books]]
# By what STORE says: how a store is opened, and the variable that has its address.
STORES: dict[str, tuple[Opener, str]] = {
    "sqlalchemy": (open_sqlalchemy, "DATABASE_URL"),
    "mongodb": (open_mongodb, "MONGODB_URL"),
    "tortoise": (open_tortoise, "DATABASE_URL"),
}


class State(TypedDict):
    books: Books


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    open_books, variable = STORES[os.environ["STORE"]]
    async with open_books(os.environ[variable]) as books:
        yield {"books": books}


async def get_books(request: Request) -> Books:
    books: Books = request.state.books
    return books


BooksDep = Annotated[Books, Depends(get_books)]

app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.exception_handler(UnknownBookError)
async def unknown_book(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "There is no such book."}, status.HTTP_404_NOT_FOUND)


@app.exception_handler(TooFewCopiesError)
async def too_few_copies(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "There are not so many copies."}, status.HTTP_409_CONFLICT)


@app.put("/books/{isbn}", responses={201: {"model": Book}})
async def put_book(isbn: str, new: NewBook, books: BooksDep, response: Response) -> Book:
    book, is_new = await books.put(isbn, new)
    if is_new:
        response.status_code = status.HTTP_201_CREATED
    return book


@app.get("/books/{isbn}")
async def read_book(isbn: str, books: BooksDep) -> Book:
    return await books.get(isbn)


@app.post("/books/{isbn}/stock")
async def change_stock(isbn: str, change: Change, books: BooksDep) -> Book:
    return await books.change_stock(isbn, change.change)


@app.get("/books")
async def find_books(wanted: Annotated[Wanted, Query()], books: BooksDep) -> list[Book]:
    return await books.find(wanted)
