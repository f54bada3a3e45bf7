"""One limit for all by `asyncio.wait`, threads of its own, and the task of a returned response."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from decimal import Decimal
from operator import itemgetter
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, Response
from starlette.background import BackgroundTask

from . import ledger, suppliers


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.threads = threads = ThreadPoolExecutor(20, thread_name_prefix="archive")
    yield
    threads.shutdown(wait=False, cancel_futures=True)


app = FastAPI(lifespan=lifespan)


async def in_thread(threads: ThreadPoolExecutor, isbn: str) -> Decimal | None:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(threads, suppliers.ask_archive, isbn)


def reason(task: asyncio.Task[Decimal | None], done: set[asyncio.Task[Decimal | None]]) -> str:
    if task not in done:
        return "too slow"
    if task.exception():
        return "failed"
    return "not stocked" if task.result() is None else ""


async def compare_prices(isbn: str, request: Request) -> Response:
    questions: dict[str, Coroutine[Any, Any, Decimal | None]] = {
        "harbour": suppliers.ask_harbour(isbn),
        "mill": suppliers.ask_mill(isbn),
        "archive": in_thread(request.app.state.threads, isbn),
    }
    tasks = {asyncio.create_task(question): name for name, question in questions.items()}
    done, late = await asyncio.wait(tasks, timeout=suppliers.patience())
    for task in late:
        task.cancel()
    reasons = {name: reason(task, done) for task, name in tasks.items()}
    if set(reasons.values()) <= {"too slow", "failed"}:
        return JSONResponse({"detail": "nobody answers"}, 502)
    prices = {
        name: price
        for task, name in tasks.items()
        if not reasons[name] and (price := task.result()) is not None
    }
    offers = [{"supplier": n, "price": p} for n, p in sorted(prices.items(), key=itemgetter(1))]
    missing = [{"supplier": name, "reason": why} for name, why in reasons.items() if why]
    return JSONResponse(
        jsonable_encoder(
            {"isbn": isbn, "offers": offers, "missing": missing}, custom_encoder={Decimal: str}
        ),
        background=BackgroundTask(ledger.write, isbn, prices),
    )


app.add_api_route("/prices/{isbn}", compare_prices)
