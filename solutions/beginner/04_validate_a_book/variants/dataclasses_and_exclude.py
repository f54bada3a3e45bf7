"""Pydantic dataclasses for the body, a class that keeps them, the cost price left out by route."""

from decimal import Decimal
from typing import Annotated

from fastapi import Body, Depends, FastAPI
from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

Cents = Annotated[Decimal, Field(decimal_places=2)]


@dataclass(config=ConfigDict(extra="forbid"))
class Author:
    name: Annotated[str, Field(min_length=1, max_length=100)]


@dataclass(config=ConfigDict(extra="forbid"), kw_only=True)
class Book:
    isbn: str
    title: Annotated[str, Field(min_length=1, max_length=200)]
    authors: Annotated[list[Author], Field(min_length=1)]
    pages: Annotated[int, Field(ge=1, le=10_000)]
    price: Cents
    cost_price: Cents
    subtitle: str | None = None

    @field_validator("isbn", mode="before")
    @classmethod
    def keep_the_digits(cls, written: object) -> str:
        digits = str(written).replace("-", "")
        if len(digits) != 13 or not digits.isdecimal():
            raise ValueError("not thirteen digits")
        if sum(map(int, digits[::2])) % 10 != -3 * sum(map(int, digits[1::2])) % 10:
            raise ValueError("the digits do not fit together")
        return digits

    @field_validator("price", "cost_price")
    @classmethod
    def in_range(cls, amount: Decimal) -> Decimal:
        if not Decimal("0.01") <= amount <= Decimal("9999.99"):
            raise ValueError("should be between 0.01 and 9999.99")
        return amount


class Catalogue:
    def __init__(self) -> None:
        self.books: list[Book] = []

    def __call__(self) -> list[Book]:
        return self.books


app = FastAPI()
Books = Annotated[list[Book], Depends(Catalogue())]


@app.post("/books", status_code=201, response_model_exclude={"cost_price"})
async def add_book(book: Annotated[Book, Body()], books: Books) -> Book:
    books.append(book)
    return book


@app.get("/books", response_model_exclude={"__all__": {"cost_price"}})
async def list_books(books: Books) -> list[Book]:
    return books
