"""A `def` handler in a thread: it sends the awaiting to the event loop, and archive to a thread."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

from anyio import from_thread
from fastapi import BackgroundTasks, FastAPI, HTTPException
from pydantic import BaseModel

from . import ledger, suppliers


class Offer(BaseModel):
    supplier: str
    price: Decimal


class Missing(BaseModel):
    supplier: str
    reason: str


class Comparison(BaseModel):
    isbn: str
    offers: list[Offer] = []
    missing: list[Missing] = []

    def take(self, supplier: str, wait: Callable[[], Decimal | None]) -> None:
        try:
            price = wait()
        except TimeoutError:
            self.missing.append(Missing(supplier=supplier, reason="too slow"))
        except Exception:
            self.missing.append(Missing(supplier=supplier, reason="failed"))
        else:
            if price is None:
                self.missing.append(Missing(supplier=supplier, reason="not stocked"))
            else:
                self.offers.append(Offer(supplier=supplier, price=price))


app = FastAPI()
threads = ThreadPoolExecutor(30)


async def ask_awaitables(
    patience: float, *calls: Coroutine[Any, Any, Decimal | None]
) -> list[Decimal | BaseException | None]:
    limited = [asyncio.wait_for(call, patience) for call in calls]
    return await asyncio.gather(*limited, return_exceptions=True)


def result_of(outcome: Decimal | BaseException | None) -> Decimal | None:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def result_until(deadline: float, future: "Future[Decimal | None]") -> Decimal | None:
    return future.result(max(0, deadline - time.monotonic()))


@app.get("/prices/{isbn}")
def compare_prices(isbn: str, tasks: BackgroundTasks) -> Comparison:
    patience = suppliers.patience()
    deadline = time.monotonic() + patience
    archive = threads.submit(suppliers.ask_archive, isbn)
    harbour, mill = from_thread.run(
        ask_awaitables, patience, suppliers.ask_harbour(isbn), suppliers.ask_mill(isbn)
    )
    comparison = Comparison(isbn=isbn)
    comparison.take("harbour", partial(result_of, harbour))
    comparison.take("mill", partial(result_of, mill))
    comparison.take("archive", partial(result_until, deadline, archive))
    if all(one.reason != "not stocked" for one in comparison.missing) and not comparison.offers:
        raise HTTPException(502, "Nobody has answered.")
    comparison.offers.sort(key=lambda offer: offer.price)
    prices = {offer.supplier: offer.price for offer in comparison.offers}
    tasks.add_task(ledger.write, isbn=isbn, prices=prices)
    return comparison
