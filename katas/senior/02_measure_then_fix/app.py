"""The bookshop's API. What it answers is right. How fast it does so is another matter."""

from collections.abc import AsyncIterator
from itertools import count
from statistics import fmean
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, status
from pydantic import BaseModel, Field

from . import invoices, warehouse

# Measure first, then fix. Build here:
#   POST /summaries   percentiles in place of an average, throughput, warm-up and failures left out
#   the slow spots    there are two in this file; your locustfile.py shows on which endpoints

app = FastAPI(title="Bookshop")
order_ids = count(1)


class ListedBook(BaseModel):
    """A book as the list shows it."""

    isbn: str
    title: str


class BookPage(ListedBook):
    """A book with the copies that there are at this moment."""

    copies: int


class NewOrder(BaseModel):
    """What a customer wants to have."""

    isbn: str
    copies: Annotated[int, Field(ge=1)]


class Order(NewOrder):
    """An order, and the number of its invoice."""

    id: int
    invoice: str


class Sample(BaseModel):
    """One request as a load generator saw it; times in milliseconds."""

    at_ms: Annotated[float, Field(ge=0)]
    took_ms: Annotated[float, Field(gt=0)]
    ok: bool


class Run(BaseModel):
    """What a load generator has measured."""

    warm_up_ms: Annotated[float, Field(ge=0)] = 0
    samples: list[Sample]


class Summary(BaseModel):
    """What the samples of a run say."""

    requests: int
    failed: int
    throughput: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    slowest_ms: float | None


async def get_link() -> AsyncIterator[warehouse.Link]:
    """Give a link to the warehouse."""
    async with warehouse.Link() as link:
        yield link


LinkDep = Annotated[warehouse.Link, Depends(get_link)]


@app.get("/books")
async def list_books(link: LinkDep) -> list[ListedBook]:
    """List every book, by title."""
    books = [ListedBook(isbn=book.isbn, title=book.title) for book in await link.all_books()]
    return sorted(books, key=lambda book: book.title)


@app.get("/books/{isbn}")
async def read_book(isbn: str, link: LinkDep) -> BookPage:
    """Show one book, with its copies."""
    book = await link.find(isbn)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such book.")
    return BookPage(isbn=book.isbn, title=book.title, copies=book.copies)


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(new: NewOrder, link: LinkDep) -> Order:
    """Take copies from the warehouse, and write the invoice."""
    try:
        book = await link.take(new.isbn, new.copies)
    except warehouse.NoSuchBookError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such book.") from error
    except warehouse.SoldOutError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "There are not so many copies.") from error
    order_id = next(order_ids)
    invoice = invoices.write(order_id, book.title, new.copies)
    return Order(id=order_id, isbn=new.isbn, copies=new.copies, invoice=invoice)


@app.post("/summaries")
async def summarise(run: Run) -> Summary:
    """Say what a load test has measured."""
    times = [sample.took_ms for sample in run.samples]
    average = fmean(times)
    return Summary(
        requests=len(times),
        failed=0,
        throughput=1000 / average,
        p50_ms=average,
        p95_ms=average,
        p99_ms=average,
        slowest_ms=max(times),
    )
