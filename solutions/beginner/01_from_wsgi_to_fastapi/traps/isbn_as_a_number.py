"""Takes the ISBN as a number, because it looks like one.

Fails: test_the_stock_is_the_same
"""

from typing import Literal

from fastapi import FastAPI, status
from pydantic import BaseModel, computed_field

from . import warehouse
from .legacy import CENTS_PER_PAGE, COPIES_PER_BOX, COVER_CENTS

Cover = Literal["soft", "hard"]


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Quote(BaseModel):
    pages: int
    copies: int
    cover: Cover

    @computed_field
    def total_cents(self) -> int:
        return self.copies * (self.pages * CENTS_PER_PAGE + COVER_CENTS[self.cover])


class Stock(BaseModel):
    isbn: int
    copies: int


class NewOrder(BaseModel):
    isbn: str
    copies: int


class Order(NewOrder):
    @computed_field
    def boxes(self) -> int:
        return -(-self.copies // COPIES_PER_BOX)


app = FastAPI(title="Print desk")


@app.get("/health")
async def health() -> Health:
    return Health()


@app.get("/quote")
async def quote(pages: int, copies: int = 1, cover: Cover = "soft") -> Quote:
    return Quote(pages=pages, copies=copies, cover=cover)


@app.get("/stock/{isbn}")
async def stock(isbn: int) -> Stock:
    return Stock(isbn=isbn, copies=await warehouse.count_copies_async(str(isbn)))


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def order(new: NewOrder) -> Order:
    return Order(**new.model_dump())
