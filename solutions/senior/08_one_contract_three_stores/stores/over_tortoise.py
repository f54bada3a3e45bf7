"""The books in PostgreSQL, through Tortoise ORM."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tortoise import fields
from tortoise.contrib.fastapi import RegisterTortoise
from tortoise.expressions import F
from tortoise.models import Model
from tortoise.transactions import in_transaction

from ..contract import Book, NewBook, TooFewCopiesError, UnknownBookError, Wanted


class BookRow(Model):
    isbn = fields.CharField(13, primary_key=True)
    title = fields.TextField()
    price = fields.DecimalField(6, 2)
    published = fields.DateField()
    copies = fields.IntField(default=0)
    details: dict[str, Any] = fields.JSONField()

    class Meta(Model.Meta):
        """Which table it is."""

        table = "books"


def book_of(row: BookRow) -> Book:
    return Book.model_validate(row, from_attributes=True)


class TortoiseBooks:
    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        # Locks the row that it finds, and tries again when somebody else adds it meanwhile.
        row, is_new = await BookRow.update_or_create(new.model_dump(), isbn=isbn)
        return book_of(row), is_new

    async def get(self, isbn: str) -> Book:
        row = await BookRow.get_or_none(isbn=isbn)
        if row is None:
            raise UnknownBookError
        return book_of(row)

    async def change_stock(self, isbn: str, change: int) -> Book:
        enough = BookRow.filter(isbn=isbn, copies__gte=-change)
        async with in_transaction():
            changed = await enough.update(copies=F("copies") + change)
            book = await self.get(isbn)
        if not changed:
            raise TooFewCopiesError
        return book

    async def find(self, wanted: Wanted) -> list[Book]:
        query = BookRow.all().order_by("isbn")
        if wanted.language is not None:
            query = query.filter(details__contains={"language": wanted.language})
        if wanted.tag is not None:
            query = query.filter(details__contains={"tags": [wanted.tag]})
        if wanted.min_pages is not None:
            query = query.filter(details__filter={"pages__gte": wanted.min_pages})
        return [book_of(row) for row in await query]


@asynccontextmanager
async def open_books(url: str) -> AsyncIterator[TortoiseBooks]:
    # Tortoise names its driver in the place of the scheme.
    url = url.replace("postgresql+psycopg://", "psycopg://", 1)
    async with RegisterTortoise(db_url=url, modules={"models": [__name__]}):
        yield TortoiseBooks()
