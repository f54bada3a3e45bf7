"""A query model, dataclasses for answers, and the blocking call moved off the loop by hand."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from . import legacy, warehouse


class QuoteQuery(BaseModel):
    pages: int = Field(ge=1)
    copies: int = Field(default=1, ge=1)
    cover: Literal["hard", "soft"] = "soft"


@dataclass
class Quote:
    pages: int
    copies: int
    cover: str
    total_cents: int


@dataclass
class Stock:
    isbn: str
    copies: int


@dataclass
class Order:
    isbn: str
    copies: int
    boxes: int


class NewOrder(BaseModel):
    isbn: str
    copies: int = Field(gt=0)


app = FastAPI()


async def health() -> dict[str, str]:
    return {"status": "ok"}


async def quote(query: Annotated[QuoteQuery, Query()]) -> Quote:
    cents = query.copies * (query.pages * legacy.CENTS_PER_PAGE + legacy.COVER_CENTS[query.cover])
    return Quote(**query.model_dump(), total_cents=cents)


async def stock(isbn: str) -> Stock:
    return Stock(isbn, await asyncio.to_thread(warehouse.count_copies, isbn))


async def order(new: NewOrder) -> Order:
    boxes, begun = divmod(new.copies, legacy.COPIES_PER_BOX)
    return Order(new.isbn, new.copies, boxes + bool(begun))


app.add_api_route("/health", health)
app.add_api_route("/quote", quote)
app.add_api_route("/stock/{isbn}", stock)
app.add_api_route("/orders", order, methods=["POST"], status_code=201)
