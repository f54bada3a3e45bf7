"""Gives the calls to a TaskGroup, which cancels the others when one fails.

Fails: test_a_failing_supplier_is_reported, test_whatever_a_supplier_raises_is_its_own
"""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal

from fastapi import BackgroundTasks, FastAPI, HTTPException
from pydantic import BaseModel

from . import ledger, suppliers

app = FastAPI(title="Bookshop")


class Offer(BaseModel):
    supplier: str
    price: Decimal


class Missing(BaseModel):
    supplier: str
    reason: str


class Comparison(BaseModel):
    isbn: str
    offers: list[Offer]
    missing: list[Missing]


async def price_of(call: Awaitable[Decimal | None], patience: float) -> Decimal | None:
    async with asyncio.timeout(patience):
        return await call


def result_of(supplier: str, task: asyncio.Task[Decimal | None]) -> Offer | Missing:
    if task.cancelled() or task.exception():
        late = not task.cancelled() and isinstance(task.exception(), TimeoutError)
        return Missing(supplier=supplier, reason="too slow" if late else "failed")
    price = task.result()
    if price is None:
        return Missing(supplier=supplier, reason="not stocked")
    return Offer(supplier=supplier, price=price)


@app.get("/prices/{isbn}")
async def compare_prices(isbn: str, tasks: BackgroundTasks) -> Comparison:
    patience = suppliers.patience()
    calls = {
        "harbour": suppliers.ask_harbour(isbn),
        "mill": suppliers.ask_mill(isbn),
        "archive": asyncio.to_thread(suppliers.ask_archive, isbn),
    }
    running = {}
    try:
        async with asyncio.TaskGroup() as group:
            for supplier, call in calls.items():
                running[supplier] = group.create_task(price_of(call, patience))
    except* Exception:
        pass
    results = [result_of(supplier, task) for supplier, task in running.items()]
    offers = [result for result in results if isinstance(result, Offer)]
    missing = [result for result in results if isinstance(result, Missing)]
    if not offers and all(one.reason != "not stocked" for one in missing):
        raise HTTPException(502, "No supplier has answered.")
    offers.sort(key=lambda offer: offer.price)
    tasks.add_task(ledger.write, isbn, {offer.supplier: offer.price for offer in offers})
    return Comparison(isbn=isbn, offers=offers, missing=missing)
