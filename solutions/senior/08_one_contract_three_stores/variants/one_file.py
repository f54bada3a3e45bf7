"""Everything in one file, without the Protocol: SQLAlchemy Core, cents and days in MongoDB."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from pymongo import AsyncMongoClient
from sqlalchemy import Column, Date, Integer, MetaData, Numeric, String, Table, Text, literal_column
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tortoise import connections, fields
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.exceptions import IntegrityError
from tortoise.expressions import F, Q
from tortoise.models import Model

from .contract import Book, Change, NewBook, Wanted

Found = dict[str, Any]
table = Table(
    "books",
    MetaData(),
    Column("isbn", String, primary_key=True),
    Column("title", Text),
    Column("price", Numeric(6, 2)),
    Column("published", Date),
    Column("copies", Integer),
    Column("details", JSONB),
)


class Row(Model):
    isbn = fields.CharField(13, primary_key=True)
    title = fields.TextField()
    price = fields.DecimalField(6, 2)
    published = fields.DateField()
    copies = fields.IntField(default=0)
    details: dict[str, Any] = fields.JSONField()

    class Meta(Model.Meta):
        """Which table it is."""

        table = "books"


class Sql:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    async def put(self, isbn: str, new: NewBook) -> tuple[Found, bool]:
        fields_of_it = new.model_dump()
        upsert = (
            insert(table)
            .values(isbn=isbn, copies=0, **fields_of_it)
            .on_conflict_do_update(index_elements=["isbn"], set_=fields_of_it)
            .returning(*table.c, literal_column("xmax = 0").label("is_new"))
        )
        async with self.engine.begin() as connection:
            row = dict((await connection.execute(upsert)).mappings().one())
        return row, row.pop("is_new")

    async def get(self, isbn: str) -> Found | None:
        async with self.engine.connect() as connection:
            result = await connection.execute(table.select().where(table.c.isbn == isbn))
            row = result.mappings().first()
        return dict(row) if row else None

    async def take(self, isbn: str, change: int) -> bool:
        enough = (table.c.isbn == isbn) & (table.c.copies >= -change)
        update = table.update().where(enough).values(copies=table.c.copies + change)
        async with self.engine.begin() as connection:
            return (await connection.execute(update)).rowcount == 1

    async def find(self, wanted: Wanted) -> list[Found]:
        part: Found = {}
        if wanted.language is not None:
            part["language"] = wanted.language
        if wanted.tag is not None:
            part["tags"] = [wanted.tag]
        query = table.select().where(table.c.details.contains(part)).order_by(table.c.isbn)
        if wanted.min_pages is not None:
            query = query.where(table.c.details["pages"].as_float() >= wanted.min_pages)
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]


class Mongo:
    def __init__(self, client: AsyncMongoClient[Found]) -> None:
        self.books = client.get_default_database().get_collection("catalogue")

    async def put(self, isbn: str, new: NewBook) -> tuple[Found, bool]:
        fields_of_it = {
            "title": new.title,
            "cents": int(new.price * 100),
            "published": new.published.toordinal(),
            "details": new.details,
        }
        result = await self.books.update_one(
            {"_id": isbn}, {"$set": fields_of_it, "$setOnInsert": {"copies": 0}}, upsert=True
        )
        found = await self.get(isbn)
        assert found is not None
        return found, result.did_upsert

    async def get(self, isbn: str) -> Found | None:
        document = await self.books.find_one({"_id": isbn})
        return self.book(document) if document else None

    async def take(self, isbn: str, change: int) -> bool:
        result = await self.books.update_one(
            {"_id": isbn, "copies": {"$gte": -change}}, {"$inc": {"copies": change}}
        )
        return result.matched_count == 1

    async def find(self, wanted: Wanted) -> list[Found]:
        conditions: list[Found] = [{"_id": {"$exists": True}}]
        if wanted.language is not None:
            conditions.append({"details.language": {"$eq": wanted.language}})
        if wanted.tag is not None:
            conditions.append({"details.tags": {"$in": [wanted.tag]}})
        if wanted.min_pages is not None:
            conditions.append({"details.pages": {"$gte": wanted.min_pages}})
        documents = await self.books.find({"$and": conditions}).to_list()
        return sorted(map(self.book, documents), key=lambda book: str(book["isbn"]))

    @staticmethod
    def book(document: Found) -> Found:
        return {
            "isbn": document["_id"],
            "title": document["title"],
            "price": Decimal(document["cents"]).scaleb(-2),
            "published": date.fromordinal(document["published"]),
            "copies": document["copies"],
            "details": document["details"],
        }


class Tortoise:
    def __init__(self, connection: BaseDBAsyncClient) -> None:
        self.connection = connection

    async def put(self, isbn: str, new: NewBook) -> tuple[Found, bool]:
        try:
            await Row.create(isbn=isbn, using_db=self.connection, **new.model_dump())
        except IntegrityError:
            await Row.filter(isbn=isbn).using_db(self.connection).update(**new.model_dump())
            is_new = False
        else:
            is_new = True
        found = await self.get(isbn)
        assert found is not None
        return found, is_new

    async def get(self, isbn: str) -> Found | None:
        found = await Row.filter(isbn=isbn).using_db(self.connection).values()
        return dict(found[0]) if found else None

    async def take(self, isbn: str, change: int) -> bool:
        enough = Row.filter(isbn=isbn, copies__gte=-change).using_db(self.connection)
        return bool(await enough.update(copies=F("copies") + change))

    async def find(self, wanted: Wanted) -> list[Found]:
        filters: list[Found] = []
        if wanted.language is not None:
            filters.append({"details__filter": {"language": wanted.language}})
        if wanted.tag is not None:
            filters.append({"details__contains": {"tags": [wanted.tag]}})
        if wanted.min_pages is not None:
            filters.append({"details__filter": {"pages__gte": wanted.min_pages}})
        rows = await Row.filter(*(Q(**one) for one in filters)).using_db(self.connection).values()
        return sorted(map(dict, rows), key=lambda book: str(book["isbn"]))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    match os.environ["STORE"]:
        case "sqlalchemy":
            engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=3)
            app.state.store = Sql(engine)
            yield
            await engine.dispose()
        case "mongodb":
            async with AsyncMongoClient[Found](os.environ["MONGODB_URL"]) as client:
                app.state.store = Mongo(client)
                yield
        case "tortoise":
            url = make_url(os.environ["DATABASE_URL"]).set(drivername="psycopg")
            address = url.render_as_string(hide_password=False)
            async with RegisterTortoise(app, db_url=address, modules={"models": [__name__]}):
                app.state.store = Tortoise(connections.get("default"))
                yield
        case other:
            raise ValueError(f"STORE is {other!r}.")


router = APIRouter(prefix="/books")


@router.put("/{isbn}", response_model=Book)
async def put(isbn: str, new: NewBook, request: Request, response: Response) -> Found:
    book, is_new = await request.app.state.store.put(isbn, new)
    response.status_code = 201 if is_new else 200
    found: Found = book
    return found


@router.get("/{isbn}", response_model=Book)
async def get(isbn: str, request: Request) -> Found:
    book: Found | None = await request.app.state.store.get(isbn)
    if book is None:
        raise HTTPException(404, "unknown")
    return book


@router.post("/{isbn}/stock", response_model=Book)
async def stock(isbn: str, body: Change, request: Request) -> Found:
    is_taken = await request.app.state.store.take(isbn, body.change)
    book = await get(isbn, request)
    if not is_taken:
        raise HTTPException(409, "too few")
    return book


@router.get("", response_model=list[Book])
async def find(wanted: Annotated[Wanted, Query()], request: Request) -> list[Found]:
    books: list[Found] = await request.app.state.store.find(wanted)
    return books


app = FastAPI(lifespan=lifespan)
app.include_router(router)
