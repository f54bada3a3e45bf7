"""A class with a router; the order is a plain `def`, and a dependency takes the copies for it."""

import heapq
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field

from . import invoices, warehouse


class NewOrder(BaseModel):
    isbn: str
    copies: int = Field(ge=1)


class Page(BaseModel):
    isbn: str
    title: str
    copies: int


class Order(NewOrder):
    id: int
    invoice: str


@dataclass
class Sample:
    at_ms: float
    took_ms: float
    ok: bool


class Shop:
    def __init__(self) -> None:
        self.link = warehouse.Link()
        self.last_order = 0
        self.router = APIRouter()
        self.router.add_api_route("/books", self.list_books)
        self.router.add_api_route("/books/{isbn}", self.read_book)

    @asynccontextmanager
    async def open(self, _app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await self.link.open()
            stack.push_async_callback(self.link.close)
            yield

    async def list_books(self) -> list[dict[str, str]]:
        books = await self.link.all_books()
        books.sort(key=lambda book: book.title)
        return [{"isbn": book.isbn, "title": book.title} for book in books]

    async def read_book(self, isbn: str) -> Page:
        book = await self.link.find(isbn)
        if book is None:
            raise HTTPException(404, "There is no such book.")
        return Page(isbn=book.isbn, title=book.title, copies=book.copies)

    async def take(self, new: NewOrder) -> warehouse.Book:
        try:
            return await self.link.take(new.isbn, new.copies)
        except warehouse.NoSuchBookError as error:
            raise HTTPException(404, "There is no such book.") from error
        except warehouse.SoldOutError as error:
            raise HTTPException(409, "There are not so many copies.") from error

    async def next_id(self) -> int:
        self.last_order += 1
        return self.last_order


shop = Shop()
app = FastAPI(lifespan=shop.open)
app.include_router(shop.router)


@app.post("/orders", status_code=201)
def place_order(
    new: NewOrder,
    book: Annotated[warehouse.Book, Depends(shop.take)],
    order_id: Annotated[int, Depends(shop.next_id)],
) -> Order:
    invoice = invoices.write(order_id, book.title, new.copies)
    return Order(id=order_id, invoice=invoice, **new.model_dump())


@app.post("/summaries")
def summarise(
    samples: Annotated[list[Sample], Body()], warm_up_ms: Annotated[float, Body()] = 0
) -> dict[str, Any]:
    measured = [sample for sample in samples if not sample.at_ms < warm_up_ms]
    good = [sample.took_ms for sample in measured if sample.ok]
    summary: dict[str, Any] = {
        "requests": len(measured),
        "failed": len(measured) - len(good),
        "throughput": 0,
        "slowest_ms": None,
        **dict.fromkeys(("p50_ms", "p95_ms", "p99_ms")),
    }
    if good:
        end = max(sample.at_ms + sample.took_ms for sample in measured)
        summary["throughput"] = len(good) / ((end - warm_up_ms) / 1000)
        summary["slowest_ms"] = max(good)
        for percent in (50, 95, 99):
            left = len(good) * (100 - percent) // 100
            summary[f"p{percent}_ms"] = heapq.nlargest(left + 1, good)[-1]
    return summary
