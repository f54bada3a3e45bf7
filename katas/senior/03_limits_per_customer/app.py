"""The bookshop's API, which gives everybody as much as they ask for."""

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

from . import shop

# The endpoints do what they should. Build here what keeps them from being used up by a few:
#   the limits      of each customer and each visitor, for each of the two routes, kept in Redis
#   the refusal     429 with Retry-After
#   the headers     X-RateLimit-Limit and X-RateLimit-Remaining
#   the address     of a visitor, who may have come through the shop's proxies
#   without Redis   searching goes on, vouchers have to wait

app = FastAPI(title="Bookshop")


class Book(BaseModel):
    """A book that a search has found."""

    isbn: str
    title: str


class Redeemed(BaseModel):
    """A voucher that is used up now."""

    code: str
    value: Decimal


def find_customer(
    key: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> shop.Customer | None:
    """Find out who is asking; None is a visitor."""
    if key is None:
        return None
    customer = shop.register.find(key)
    if customer is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Nobody has this key.", {"WWW-Authenticate": "APIKey"}
        )
    return customer


AnyoneDep = Annotated[shop.Customer | None, Depends(find_customer)]


def get_customer(customer: AnyoneDep) -> shop.Customer:
    """Let in customers alone."""
    if customer is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Send your key.", {"WWW-Authenticate": "APIKey"}
        )
    return customer


CustomerDep = Annotated[shop.Customer, Depends(get_customer)]


@app.get("/health")
def read_health() -> dict[str, str]:
    """Say that the API is alive."""
    return {"status": "alive"}


@app.get("/books")
def search_books(asking: AnyoneDep, q: str = "") -> list[Book]:
    """Search for books by words of their titles."""
    return [Book(isbn=isbn, title=title) for isbn, title in shop.search(q).items()]


@app.post("/vouchers/{code}")
def redeem_voucher(code: str, customer: CustomerDep) -> Redeemed:
    """Redeem a voucher."""
    try:
        return Redeemed(code=code, value=shop.redeem(code))
    except shop.NoSuchVoucherError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such voucher.") from error
