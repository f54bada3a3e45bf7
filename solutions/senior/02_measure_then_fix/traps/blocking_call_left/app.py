"""Writes the invoice within `async def`: it waits for the machine, and everybody waits with it.

Fails: test_nobody_waits_for_an_invoice
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from math import ceil
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, HTTPException, Request, status
from pydantic import BaseModel, Field

from . import invoices, warehouse


class State(TypedDict):
    link: warehouse.Link


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    async with warehouse.Link() as link:
        yield {"link": link}


app = FastAPI(title="Bookshop", lifespan=lifespan)
order_ids = count(1)


class ListedBook(BaseModel):
    isbn: str
    title: str


class BookPage(ListedBook):
    copies: int


class NewOrder(BaseModel):
    isbn: str
    copies: Annotated[int, Field(ge=1)]


class Order(NewOrder):
    id: int
    invoice: str


class Sample(BaseModel):
    at_ms: Annotated[float, Field(ge=0)]
    took_ms: Annotated[float, Field(gt=0)]
    ok: bool

    @property
    def until_ms(self) -> float:
        return self.at_ms + self.took_ms


class Run(BaseModel):
    warm_up_ms: Annotated[float, Field(ge=0)] = 0
    samples: list[Sample]


class Summary(BaseModel):
    requests: int
    failed: int
    throughput: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    slowest_ms: float | None


# `async`, although it awaits nothing: a plain `def` would cost a trip to a thread and back.
async def get_link(request: Request) -> warehouse.Link:
    link: warehouse.Link = request.state.link
    return link


LinkDep = Annotated[warehouse.Link, Depends(get_link)]


@app.get("/books")
async def list_books(link: LinkDep) -> list[ListedBook]:
    books = [ListedBook(isbn=book.isbn, title=book.title) for book in await link.all_books()]
    return sorted(books, key=lambda book: book.title)


@app.get("/books/{isbn}")
async def read_book(isbn: str, link: LinkDep) -> BookPage:
    book = await link.find(isbn)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such book.")
    return BookPage(isbn=book.isbn, title=book.title, copies=book.copies)


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(new: NewOrder, link: LinkDep) -> Order:
    try:
        book = await link.take(new.isbn, new.copies)
    except warehouse.NoSuchBookError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such book.") from error
    except warehouse.SoldOutError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "There are not so many copies.") from error
    order_id = next(order_ids)
    invoice = invoices.write(order_id, book.title, new.copies)
    return Order(id=order_id, isbn=new.isbn, copies=new.copies, invoice=invoice)


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """Give the shortest measured time that at least ``percent`` of 100 did not exceed."""
    if not ordered:
        return None
    return ordered[ceil(len(ordered) * percent / 100) - 1]


@app.post("/summaries")
def summarise(run: Run) -> Summary:
    measured = [sample for sample in run.samples if sample.at_ms >= run.warm_up_ms]
    good = sorted(sample.took_ms for sample in measured if sample.ok)
    until = max((sample.until_ms for sample in measured), default=run.warm_up_ms)
    seconds = (until - run.warm_up_ms) / 1000
    return Summary(
        requests=len(measured),
        failed=len(measured) - len(good),
        throughput=len(good) / seconds if good else 0,
        p50_ms=percentile(good, 50),
        p95_ms=percentile(good, 95),
        p99_ms=percentile(good, 99),
        slowest_ms=good[-1] if good else None,
    )
