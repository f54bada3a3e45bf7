"""Limits the time with AnyIO, whose threads are waited for unless `abandon_on_cancel` says otherwise.

Fails: test_a_slow_archive_is_not_waited_for
"""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal

import anyio
from fastapi import BackgroundTasks, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
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


async def result_of(
    supplier: str, call: Awaitable[Decimal | None], patience: float
) -> Offer | Missing:
    try:
        with anyio.fail_after(patience):
            price = await call
    except TimeoutError:
        return Missing(supplier=supplier, reason="too slow")
    except Exception:
        return Missing(supplier=supplier, reason="failed")
    if price is None:
        return Missing(supplier=supplier, reason="not stocked")
    return Offer(supplier=supplier, price=price)


@app.get("/prices/{isbn}")
async def compare_prices(isbn: str, tasks: BackgroundTasks) -> Comparison:
    patience = suppliers.patience()
    results = await asyncio.gather(
        result_of("harbour", suppliers.ask_harbour(isbn), patience),
        result_of("mill", suppliers.ask_mill(isbn), patience),
        result_of("archive", run_in_threadpool(suppliers.ask_archive, isbn), patience),
    )
    offers = [result for result in results if isinstance(result, Offer)]
    missing = [result for result in results if isinstance(result, Missing)]
    if not offers and all(one.reason != "not stocked" for one in missing):
        raise HTTPException(502, "No supplier has answered.")
    offers.sort(key=lambda offer: offer.price)
    tasks.add_task(ledger.write, isbn, {offer.supplier: offer.price for offer in offers})
    return Comparison(isbn=isbn, offers=offers, missing=missing)
