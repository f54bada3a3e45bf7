"""The stock service of the bookshop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from fastapi import FastAPI, HTTPException, status
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from . import settings
from .tables import Book

engine = create_async_engine(settings.DATABASE_URL)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class BookInStock(BaseModel):
    """A book as it is answered."""

    model_config = ConfigDict(from_attributes=True)

    isbn: str
    price: Decimal
    copies: int
    promised: int


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Hold what the app needs as long as it is up."""
    yield
    await engine.dispose()


app = FastAPI(title="Bookshop: stock", lifespan=lifespan)


@app.get("/books/{isbn}", response_model=BookInStock)
async def read_book(isbn: str) -> Book:
    """Give one book."""
    async with sessions() as session:
        book = await session.get(Book, isbn)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {isbn}.")
    return book


# Build here:
#   a subscriber   promises the copies of an order, once for each event
#   its queue      sends to the dead letters what cannot be handled
#   the lifespan   starts listening, and stops
