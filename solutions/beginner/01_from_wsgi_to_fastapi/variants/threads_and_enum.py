"""Plain functions that block a thread each, an Enum for the cover, and explicit Query and Body."""

from enum import StrEnum
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, Query
from pydantic import BaseModel

from .warehouse import count_copies


class Cover(StrEnum):
    SOFT = "soft"
    HARD = "hard"


class Quote(BaseModel):
    pages: int
    copies: int
    cover: Cover
    total_cents: int


class Stock(BaseModel):
    isbn: str
    copies: int


class Order(BaseModel):
    isbn: str
    copies: int
    boxes: int


router = APIRouter()


@router.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/quote", response_model=Quote)
def quote(
    pages: Annotated[int, Query()],
    copies: Annotated[int, Query()] = 1,
    cover: Annotated[Cover, Query()] = Cover.SOFT,
) -> dict[str, object]:
    price = 2 * pages + (120 if cover is Cover.SOFT else 480)
    return {"pages": pages, "copies": copies, "cover": cover, "total_cents": copies * price}


@router.get("/stock/{isbn}")
def stock(isbn: str) -> Stock:
    return Stock(isbn=isbn, copies=count_copies(isbn))


@router.post("/orders", status_code=201)
def order(isbn: Annotated[str, Body()], copies: Annotated[int, Body()]) -> Order:
    return Order(isbn=isbn, copies=copies, boxes=ceil(copies / 12))


app = FastAPI()
app.include_router(router)
