"""Says 60 in each Retry-After.

Fails: test_retry_after_is_a_promise
"""

import os
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import APIKeyHeader
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from pydantic import BaseModel
from redis import RedisError

from . import shop

app = FastAPI(title="Bookshop")
storage = RedisStorage(
    f"async+{os.environ['REDIS_URL']}",
    implementation="redispy",
    socket_timeout=0.5,
    socket_connect_timeout=0.5,
)
limiter = MovingWindowRateLimiter(storage)
PROXIES = {one.strip() for one in os.environ.get("TRUSTED_PROXIES", "").split(",")}


def address_of(request: Request) -> str:
    """The last address on the way here that is none of the shop's own proxies."""
    lines = request.headers.getlist("X-Forwarded-For")
    way = [one.strip() for line in lines for one in line.split(",")]
    way.append(request.client.host if request.client else "unknown")
    while len(way) > 1 and way[-1] in PROXIES:
        way.pop()
    return way[-1]


class Book(BaseModel):
    isbn: str
    title: str


class Redeemed(BaseModel):
    code: str
    value: Decimal


def find_customer(
    key: Annotated[str | None, Depends(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> shop.Customer | None:
    if key is None:
        return None
    customer = shop.register.find(key)
    if customer is None:
        raise HTTPException(401, "Nobody has this key.", {"WWW-Authenticate": "APIKey"})
    return customer


AnyoneDep = Annotated[shop.Customer | None, Depends(find_customer)]


def get_customer(customer: AnyoneDep) -> shop.Customer:
    if customer is None:
        raise HTTPException(401, "Send your key.", {"WWW-Authenticate": "APIKey"})
    return customer


class Limited:
    """Counts a request against one of the caller's limits, and refuses it when that is used up."""

    def __init__(self, what: str, *, needs_redis: bool = False) -> None:
        self.what = what
        self.needs_redis = needs_redis

    async def __call__(self, request: Request, response: Response, customer: AnyoneDep) -> None:
        if customer is not None:
            who, most = f"customer:{customer.id}", int(getattr(customer, self.what))
        elif self.what == "searches":
            who, most = f"address:{address_of(request)}", shop.register.visitor_searches
        else:
            return
        limit = RateLimitItemPerMinute(most)
        try:
            served = await limiter.hit(limit, self.what, who)
            stats = await limiter.get_window_stats(limit, self.what, who)
        except RedisError as error:
            if self.needs_redis:
                raise HTTPException(503, "Come back later.", {"Retry-After": "5"}) from error
            return
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(stats.remaining),
        }
        if not served:
            headers["Retry-After"] = "60"
            raise HTTPException(429, "That was too much for one minute.", headers)
        response.headers.update(headers)


@app.get("/health")
def read_health() -> dict[str, str]:
    return {"status": "alive"}


@app.get("/books", dependencies=[Depends(Limited("searches"))])
def search_books(q: str = "") -> list[Book]:
    return [Book(isbn=isbn, title=title) for isbn, title in shop.search(q).items()]


@app.post("/vouchers/{code}", dependencies=[Depends(Limited("vouchers", needs_redis=True))])
def redeem_voucher(
    code: str, customer: Annotated[shop.Customer, Depends(get_customer)]
) -> Redeemed:
    try:
        return Redeemed(code=code, value=shop.redeem(code))
    except shop.NoSuchVoucherError as error:
        raise HTTPException(404, "There is no such voucher.") from error
