"""Clears the counters when an instance starts.

Fails: test_two_instances_count_together
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from redis import RedisError
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from . import shop


@dataclass(frozen=True)
class Caller:
    """Whose limits hold for a request, and how high they are.

    Attributes:
        name: what their requests are counted under.
        searches: how many searches they have in a minute.
        vouchers: how many vouchers they may try in a minute.
    """

    name: str
    searches: int
    vouchers: int = 0


caller: ContextVar[Caller] = ContextVar("caller")


def make_limiter(*, without_redis_let_in: bool) -> Limiter:
    """Make a limiter that counts in Redis, and never waits for it for long."""
    impatient: dict[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    return Limiter(
        lambda: caller.get().name,
        storage_uri=os.environ["REDIS_URL"],
        storage_options=impatient,
        key_style="endpoint",  # by default each address, so each voucher, is counted by itself
        headers_enabled=True,
        swallow_errors=without_redis_let_in,
    )


search_limiter = make_limiter(without_redis_let_in=True)
voucher_limiter = make_limiter(without_redis_let_in=False)


def without_redis(request: Request, error: Exception) -> Response:
    """Ask for patience, because nothing can be counted."""
    return JSONResponse(
        {"detail": "This is not possible right now."},
        status.HTTP_503_SERVICE_UNAVAILABLE,
        {"Retry-After": "10"},
    )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    with suppress(RedisError):
        search_limiter.reset()
    yield


app = FastAPI(title="Bookshop", lifespan=lifespan)
app.state.limiter = search_limiter  # SlowAPI's handler looks for it here
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)  # type: ignore[arg-type]
app.add_exception_handler(RedisError, without_redis)
app.add_middleware(
    ProxyHeadersMiddleware,  # type: ignore[arg-type]
    trusted_hosts=os.environ.get("TRUSTED_PROXIES", ""),
)


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


async def set_caller(request: Request, customer: AnyoneDep) -> None:
    """Say whose limits hold: a customer's, or those of an address.

    It must be `async def`: what a function sets in a thread of its own, the endpoint never sees.
    """
    if customer is not None:
        who = Caller(f"customer:{customer.id}", customer.searches, customer.vouchers)
    else:
        address = request.client.host if request.client else "unknown"
        who = Caller(f"address:{address}", shop.register.visitor_searches)
    caller.set(who)
    # SlowAPI reads this also when it has swallowed an error, and then nobody else has set it.
    request.state.view_rate_limit = None


def searches_in_a_minute() -> str:
    """How often the caller may search, as SlowAPI writes it."""
    return f"{caller.get().searches}/minute"


def vouchers_in_a_minute() -> str:
    """How many vouchers the caller may try, as SlowAPI writes it."""
    return f"{caller.get().vouchers}/minute"


@app.get("/health")
def read_health() -> dict[str, str]:
    """Say that the API is alive."""
    return {"status": "alive"}


# Plain `def`: SlowAPI waits for Redis, and in a thread it keeps nobody else waiting.
@app.get("/books", dependencies=[Depends(set_caller)])
@search_limiter.limit(searches_in_a_minute)
def search_books(request: Request, response: Response, q: str = "") -> list[Book]:
    """Search for books by words of their titles."""
    return [Book(isbn=isbn, title=title) for isbn, title in shop.search(q).items()]


@app.post("/vouchers/{code}", dependencies=[Depends(set_caller)])
@voucher_limiter.limit(vouchers_in_a_minute)
def redeem_voucher(
    request: Request, response: Response, code: str, customer: CustomerDep
) -> Redeemed:
    """Redeem a voucher."""
    try:
        return Redeemed(code=code, value=shop.redeem(code))
    except shop.NoSuchVoucherError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such voucher.") from error
