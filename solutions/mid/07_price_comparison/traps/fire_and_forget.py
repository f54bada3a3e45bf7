"""Starts the writing with `create_task`, of which neither the request nor the server knows.

Fails: test_others_are_served_while_the_ledger_is_written
"""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from . import ledger, suppliers

app = FastAPI(title="Bookshop")
writing: set[asyncio.Task[None]] = set()


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
async def compare_prices(isbn: str) -> Comparison:
    patience = suppliers.patience()
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
    prices = {offer.supplier: offer.price for offer in offers}
    task = asyncio.create_task(asyncio.to_thread(ledger.write, isbn, prices))
    writing.add(task)
    task.add_done_callback(writing.discard)
    return Comparison(isbn=isbn, offers=offers, missing=missing)
