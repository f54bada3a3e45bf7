"""Reads the patience once, when the module is imported.

Fails: test_a_slow_supplier_is_cut_off, test_the_buyer_waits_once, test_a_slow_archive_is_not_waited_for, test_no_answer_at_all_is_a_502
"""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal

from fastapi import BackgroundTasks, FastAPI, HTTPException
from pydantic import BaseModel

from . import ledger, suppliers

app = FastAPI(title="Bookshop")

PATIENCE = suppliers.patience()


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
        async with asyncio.timeout(patience):
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
    patience = PATIENCE
    results = await asyncio.gather(
        result_of("harbour", suppliers.ask_harbour(isbn), patience),
        result_of("mill", suppliers.ask_mill(isbn), patience),
        result_of("archive", asyncio.to_thread(suppliers.ask_archive, isbn), patience),
    )
    offers = [result for result in results if isinstance(result, Offer)]
    missing = [result for result in results if isinstance(result, Missing)]
    if not offers and all(one.reason != "not stocked" for one in missing):
        raise HTTPException(502, "No supplier has answered.")
    offers.sort(key=lambda offer: offer.price)
    tasks.add_task(ledger.write, isbn, {offer.supplier: offer.price for offer in offers})
    return Comparison(isbn=isbn, offers=offers, missing=missing)
