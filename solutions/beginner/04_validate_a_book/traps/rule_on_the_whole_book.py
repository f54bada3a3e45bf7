"""Checks the ISBN in a rule of the whole book, so that the error names no field.

Fails: test_a_wrong_isbn_is_refused
"""

import re
from decimal import Decimal
from typing import Annotated, Self

from fastapi import Depends, FastAPI, Request, status
from pydantic import BaseModel, ConfigDict, Field, model_validator


def bare_isbn(written: str) -> str:
    """Check an ISBN-13 and take its hyphens out.

    Raises:
        ValueError: there are not thirteen digits, or the last does not fit the others.
    """
    isbn = written.replace("-", "")
    if not re.fullmatch("[0-9]{13}", isbn):
        raise ValueError("an ISBN-13 has thirteen digits")
    if (sum(map(int, isbn[::2])) + 3 * sum(map(int, isbn[1::2]))) % 10:
        raise ValueError("the check digit does not fit the other digits")
    return isbn


Money = Annotated[Decimal, Field(gt=0, lt=10_000, decimal_places=2)]


class Author(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]


class Book(BaseModel):
    """A book as everybody may see it."""

    isbn: str
    title: Annotated[str, Field(min_length=1, max_length=200)]
    subtitle: str | None = None
    authors: Annotated[list[Author], Field(min_length=1)]
    pages: Annotated[int, Field(ge=1, le=10_000)]
    price: Money


class NewBook(Book):
    """A book as the buyer sends it and the shop keeps it."""

    model_config = ConfigDict(extra="forbid")

    cost_price: Money

    @model_validator(mode="after")
    def check(self) -> Self:
        self.isbn = bare_isbn(self.isbn)
        return self


def get_books(request: Request) -> list[NewBook]:
    books: list[NewBook] = request.app.state.books
    return books


BooksDep = Annotated[list[NewBook], Depends(get_books)]

app = FastAPI(title="Bookshop")
app.state.books = []


@app.get("/books")
def list_books(books: BooksDep) -> list[Book]:
    return list(books)


@app.post("/books", status_code=status.HTTP_201_CREATED)
def add_book(new: NewBook, books: BooksDep) -> Book:
    books.append(new)
    return new
