"""AnyIO in place of asyncio: a task group whose tasks never fail, and an `async def` task."""

import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Annotated, Any

import anyio
from anyio import to_thread
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool

from .ledger import write
from .suppliers import ask_archive, ask_harbour, ask_mill, patience

log = logging.getLogger("bookshop.prices")
router = APIRouter(prefix="/prices")

Ask = Callable[[str], Awaitable[Decimal | None]]


async def ask_archive_in_a_thread(isbn: str) -> Decimal | None:
    return await to_thread.run_sync(ask_archive, isbn, abandon_on_cancel=True)


SUPPLIERS: dict[str, Ask] = {
    "harbour": ask_harbour,
    "mill": ask_mill,
    "archive": ask_archive_in_a_thread,
}


class Round:
    """One round of questions."""

    def __init__(self, isbn: str, seconds: Annotated[float, Depends(patience)]) -> None:
        self.isbn = isbn
        self.seconds = seconds
        self.prices: dict[str, Decimal] = {}
        self.missing: dict[str, str] = {}

    async def ask(self, name: str, ask: Ask) -> None:
        self.missing[name] = "too slow"
        with anyio.move_on_after(self.seconds):
            try:
                price = await ask(self.isbn)
            except Exception as error:
                log.warning("%s: %r", name, error)
                self.missing[name] = "failed"
            else:
                self.missing[name] = "not stocked"
                if price is not None:
                    self.prices[name] = price
                    del self.missing[name]

    async def ask_all(self) -> None:
        async with anyio.create_task_group() as group:
            for name, ask in SUPPLIERS.items():
                group.start_soon(self.ask, name, ask)


async def write_later(isbn: str, prices: dict[str, Decimal]) -> None:
    await run_in_threadpool(write, isbn, prices)


@router.get("/{isbn}")
async def compare(
    isbn: str, questions: Annotated[Round, Depends()], after: BackgroundTasks
) -> dict[str, Any]:
    await questions.ask_all()
    if not questions.prices and "not stocked" not in questions.missing.values():
        raise HTTPException(502)
    after.add_task(write_later, isbn, questions.prices)
    ranking = sorted(questions.prices, key=questions.prices.__getitem__)
    return {
        "isbn": isbn,
        "offers": [{"supplier": name, "price": str(questions.prices[name])} for name in ranking],
        "missing": [{"supplier": n, "reason": why} for n, why in questions.missing.items()],
    }


app = FastAPI()
app.include_router(router)
