"""One model whose cost price is never serialised, decorated validators, plain async functions."""

from decimal import Decimal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Author(Strict):
    name: str = Field(min_length=1, max_length=100)


class Book(Strict):
    isbn: str
    title: str = Field(min_length=1, max_length=200)
    subtitle: str | None = Field(default=None)
    authors: tuple[Author, ...] = Field(min_length=1)
    pages: int = Field(gt=0, lt=10_001)
    price: Decimal = Field(ge=Decimal("0.01"), max_digits=6, decimal_places=2)
    cost_price: Decimal = Field(ge=Decimal("0.01"), max_digits=6, decimal_places=2, exclude=True)

    @field_validator("isbn")
    @classmethod
    def without_hyphens(cls, written: str) -> str:
        digits = [int(sign) for sign in written if sign != "-"]
        if len(digits) != 13:
            raise ValueError(f"thirteen digits expected, got {len(digits)}")
        if (10 - (sum(digits[0:12:2]) + 3 * sum(digits[1:12:2]))) % 10 != digits[12]:
            raise ValueError("wrong check digit")
        return "".join(map(str, digits))


books: list[Book] = []


async def add_book(book: Book) -> Book:
    books.append(book)
    return book


async def list_books() -> list[Book]:
    return books


app = FastAPI()
app.add_api_route("/books", add_book, methods=["POST"], status_code=201)
app.add_api_route("/books", list_books, methods=["GET"])
