"""A link in a global variable, invoices in a pool of threads, and all of it in few lines."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count
from typing import Annotated

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from . import invoices, warehouse

link = warehouse.Link()
writers = ThreadPoolExecutor(8, thread_name_prefix="invoices")
ids = count(1)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    with writers:
        async with link:
            yield


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    isbn: str
    copies: Annotated[int, Field(ge=1)]


class Sample(BaseModel):
    at_ms: float
    took_ms: float
    ok: bool


class Run(BaseModel):
    warm_up_ms: float = 0
    samples: list[Sample]


@app.get("/books")
async def list_books() -> JSONResponse:
    books = [{"isbn": book.isbn, "title": book.title} for book in await link.all_books()]
    return JSONResponse(sorted(books, key=lambda book: book["title"]))


@app.get("/books/{isbn}")
async def read_book(isbn: str) -> JSONResponse:
    book = await link.find(isbn)
    if book is None:
        return JSONResponse({"detail": "There is no such book."}, 404)
    return JSONResponse({"isbn": isbn, "title": book.title, "copies": book.copies})


@app.post("/orders", status_code=201)
async def place_order(new: Order) -> JSONResponse:
    if await link.find(new.isbn) is None:
        raise HTTPException(404, "There is no such book.")
    try:
        book = await link.take(new.isbn, new.copies)
    except warehouse.SoldOutError:
        raise HTTPException(409, "There are not so many copies.") from None
    number, loop = next(ids), asyncio.get_running_loop()
    invoice = await loop.run_in_executor(writers, invoices.write, number, book.title, new.copies)
    return JSONResponse({"id": number, "invoice": invoice, **new.model_dump()}, 201)


def rank(times: list[float], percent: int) -> float | None:
    """The first time that enough others do not exceed."""
    for place, time in enumerate(times, 1):
        if place / len(times) * 100 >= percent:
            return time
    return None


@app.post("/summaries")
async def summarise(run: Run) -> dict[str, float | None]:
    seen = sorted(
        (s for s in run.samples if s.at_ms >= run.warm_up_ms), key=lambda sample: sample.took_ms
    )
    times = [s.took_ms for s in seen if s.ok]
    span = max((s.at_ms + s.took_ms for s in seen), default=0) - run.warm_up_ms
    return {
        "requests": len(seen),
        "failed": len(seen) - len(times),
        "throughput": len(times) / span * 1000 if times else 0,
        "p50_ms": rank(times, 50),
        "p95_ms": rank(times, 95),
        "p99_ms": rank(times, 99),
        "slowest_ms": times[-1] if times else None,
    }
