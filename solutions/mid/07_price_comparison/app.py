import asyncio
import logging
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Literal

from fastapi import BackgroundTasks, FastAPI, HTTPException, status
from pydantic import BaseModel

from . import ledger, suppliers

logger = logging.getLogger(__name__)

# Archive's own threads: when it hangs, all of them may be stuck, and nothing else needs them.
archive_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="archive")


class Offer(BaseModel):
    supplier: str
    price: Decimal


class Missing(BaseModel):
    supplier: str
    reason: Literal["not stocked", "failed", "too slow"]


class Comparison(BaseModel):
    isbn: str
    offers: list[Offer]
    missing: list[Missing]


class Refusal(BaseModel):
    detail: str


async def result_of(
    supplier: str, call: Awaitable[Decimal | None], patience: float
) -> Offer | Missing:
    """Wait for one supplier; whatever goes wrong with it ends here, as a result."""
    try:
        async with asyncio.timeout(patience):
            price = await call
    except TimeoutError:
        return Missing(supplier=supplier, reason="too slow")
    except Exception:
        logger.exception("%s could not be asked.", supplier)
        return Missing(supplier=supplier, reason="failed")
    if price is None:
        return Missing(supplier=supplier, reason="not stocked")
    return Offer(supplier=supplier, price=price)


async def ask_archive(isbn: str) -> Decimal | None:
    """Ask archive in a thread, which goes on when nobody waits for it any more."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(archive_threads, suppliers.ask_archive, isbn)


app = FastAPI(title="Bookshop")


@app.get(
    "/prices/{isbn}",
    responses={
        status.HTTP_502_BAD_GATEWAY: {"model": Refusal, "description": "No supplier has answered."}
    },
)
async def compare_prices(isbn: str, tasks: BackgroundTasks) -> Comparison:
    patience = suppliers.patience()
    results = await asyncio.gather(
        result_of("harbour", suppliers.ask_harbour(isbn), patience),
        result_of("mill", suppliers.ask_mill(isbn), patience),
        result_of("archive", ask_archive(isbn), patience),
    )
    offers = [result for result in results if isinstance(result, Offer)]
    missing = [result for result in results if isinstance(result, Missing)]
    if not offers and all(one.reason != "not stocked" for one in missing):
        raise HTTPException(status.HTTP_502_BAD_GATEWAY, "No supplier has answered.")
    offers.sort(key=lambda offer: offer.price)
    # A plain function, so that the task runs in a thread and the event loop stays free.
    tasks.add_task(ledger.write, isbn, {offer.supplier: offer.price for offer in offers})
    return Comparison(isbn=isbn, offers=offers, missing=missing)
