"""The books in PostgreSQL, through SQLAlchemy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ..contract import Book, NewBook, TooFewCopiesError, UnknownBookError, Wanted


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
        copies = BookRow.copies + change
        statement = (
            update(BookRow)
            .where(BookRow.isbn == isbn, copies >= 0)
            .values(copies=copies)
            .returning(BookRow)
        )
        async with self._sessions.begin() as session:
            row = await session.scalar(statement)
            if row is not None:
                return book_of(row)
        await self.get(isbn)
        raise TooFewCopiesError

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
async def open_books(url: str) -> AsyncIterator[SqlAlchemyBooks]:
    engine = create_async_engine(url, pool_pre_ping=True)
    try:
        yield SqlAlchemyBooks(async_sessionmaker(engine))
    finally:
        await engine.dispose()
