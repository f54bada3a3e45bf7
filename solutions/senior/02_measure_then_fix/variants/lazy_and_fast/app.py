"""Opens the link with the first request, behind a lock; counts up to the percentiles."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, PositiveFloat, PositiveInt

from . import invoices
from .warehouse import Link, NoSuchBookError, SoldOutError


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.opening = asyncio.Lock()
    app.state.link = None
    yield
    if app.state.link is not None:
        await app.state.link.close()


app = FastAPI(lifespan=lifespan)
numbers = count(1_000)


async def shared_link(request: Request) -> Link:
    state = request.app.state
    async with state.opening:
        if state.link is None:
            link = Link()
            await link.open()
            state.link = link
    found: Link = state.link
    return found


Warehouse = Annotated[Link, Depends(shared_link)]


class NewOrder(BaseModel):
    isbn: str
    copies: PositiveInt


class Sample(BaseModel):
    at_ms: float
    took_ms: PositiveFloat
    ok: bool


class Run(BaseModel):
    samples: list[Sample]
    warm_up_ms: float = 0


@app.get("/books")
async def the_list(link: Warehouse) -> list[dict[str, str]]:
    books = sorted(await link.all_books(), key=lambda book: book.title)
    return [{"isbn": book.isbn, "title": book.title} for book in books]


@app.get("/books/{isbn}")
async def the_page(isbn: str, link: Warehouse) -> dict[str, str | int]:
    book = await link.find(isbn)
    if book is None:
        raise HTTPException(404)
    return {"isbn": book.isbn, "title": book.title, "copies": book.copies}


@app.post("/orders", status_code=201)
async def order(new: NewOrder, link: Warehouse) -> dict[str, str | int]:
    try:
        book = await link.take(new.isbn, new.copies)
    except NoSuchBookError:
        raise HTTPException(404) from None
    except SoldOutError:
        raise HTTPException(409) from None
    number = next(numbers)
    invoice = await asyncio.to_thread(invoices.write, number, book.title, new.copies)
    return {"id": number, "isbn": new.isbn, "copies": new.copies, "invoice": invoice}


@app.post("/summaries")
async def summary(run: Run) -> dict[str, float | None]:
    times: Counter[float] = Counter()
    failed, end = 0, run.warm_up_ms
    for sample in run.samples:
        if sample.at_ms < run.warm_up_ms:
            continue
        end = max(end, sample.at_ms + sample.took_ms)
        if sample.ok:
            times[sample.took_ms] += 1
        else:
            failed += 1
    good = times.total()
    answer: dict[str, float | None] = {
        "requests": good + failed,
        "failed": failed,
        "throughput": 1000 * good / (end - run.warm_up_ms) if good else 0.0,
        "slowest_ms": max(times, default=None),
    }
    for percent in (50, 95, 99):
        answer[f"p{percent}_ms"] = counted_up_to(times, percent)
    return answer


def counted_up_to(times: Counter[float], percent: int) -> float | None:
    seen = 0
    for time in sorted(times):
        seen += times[time]
        if seen * 100 >= percent * times.total():
            return time
    return None
