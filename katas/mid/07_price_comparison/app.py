"""The bookshop compares what a book costs at three suppliers. It works, and buyers wait for it."""

from decimal import Decimal

from fastapi import FastAPI
from pydantic import BaseModel

from . import ledger, suppliers

app = FastAPI(title="Bookshop")


class Offer(BaseModel):
    """What a supplier asks for the book."""

    supplier: str
    price: Decimal


class Missing(BaseModel):
    """A supplier without an offer, and why."""

    supplier: str
    reason: str


class Comparison(BaseModel):
    """What all suppliers have said about one book."""

    isbn: str
    offers: list[Offer]
    missing: list[Missing]


@app.get("/prices/{isbn}")
async def compare_prices(isbn: str) -> Comparison:
    """Compare what a book costs at the three suppliers."""
    prices = {
        "harbour": await suppliers.ask_harbour(isbn),
        "mill": await suppliers.ask_mill(isbn),
        "archive": suppliers.ask_archive(isbn),
    }
    offers = [
        Offer(supplier=name, price=price) for name, price in prices.items() if price is not None
    ]
    offers.sort(key=lambda offer: offer.price)
    missing = [
        Missing(supplier=name, reason="not stocked")
        for name, price in prices.items()
        if price is None
    ]
    ledger.write(isbn, {offer.supplier: offer.price for offer in offers})
    return Comparison(isbn=isbn, offers=offers, missing=missing)


# Change GET /prices/{isbn} until
#   a supplier that fails     is reported as "failed", beside the offers of the others
#   the three suppliers       are asked at the same time
#   archive and the ledger    which block their thread, keep no other request waiting
#   a supplier too slow       is cut off after `suppliers.patience()`, and reported as "too slow"
#   no supplier answers       502
#   the ledger                is written after the answer
