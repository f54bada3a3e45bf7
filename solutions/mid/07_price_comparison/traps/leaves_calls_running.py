"""Waits for all calls with one limit, and never cancels those that are too slow.

Fails: test_a_slow_supplier_is_cut_off
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


async def result_of(supplier: str, call: Awaitable[Decimal | None]) -> Offer | Missing:
    try:
        price = await call
    except Exception:
        return Missing(supplier=supplier, reason="failed")
    if price is None:
        return Missing(supplier=supplier, reason="not stocked")
    return Offer(supplier=supplier, price=price)


@app.get("/prices/{isbn}")
async def compare_prices(isbn: str, tasks: BackgroundTasks) -> Comparison:
    patience = suppliers.patience()
    running = {
        asyncio.create_task(result_of("harbour", suppliers.ask_harbour(isbn))): "harbour",
        asyncio.create_task(result_of("mill", suppliers.ask_mill(isbn))): "mill",
        asyncio.create_task(
            result_of("archive", asyncio.to_thread(suppliers.ask_archive, isbn))
        ): "archive",
    }
    done, late = await asyncio.wait(running, timeout=patience)
    results = [task.result() for task in done]
    results += [Missing(supplier=running[task], reason="too slow") for task in late]
    offers = [result for result in results if isinstance(result, Offer)]
    missing = [result for result in results if isinstance(result, Missing)]
    if not offers and all(one.reason != "not stocked" for one in missing):
        raise HTTPException(502, "No supplier has answered.")
    offers.sort(key=lambda offer: offer.price)
    tasks.add_task(ledger.write, isbn, {offer.supplier: offer.price for offer in offers})
    return Comparison(isbn=isbn, offers=offers, missing=missing)
