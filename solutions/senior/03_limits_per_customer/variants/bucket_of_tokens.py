"""Fills a bucket with tokens, in a script inside Redis, from one dependency for both routes."""

import math
import os
import time
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from redis import RedisError
from redis.asyncio import Redis

from . import shop

SCRIPT = """
local most, now = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens') or most)
local since = tonumber(redis.call('HGET', KEYS[1], 'since') or now)
now = math.max(now, since)  -- another request may have been faster
tokens = math.min(most, tokens + (now - since) * most / 60)
local taken = tokens >= 1 and 1 or 0
redis.call('HSET', KEYS[1], 'tokens', tokens - taken, 'since', now)
redis.call('EXPIRE', KEYS[1], 60)
return {taken, tostring(tokens - taken)}
"""

redis: Any = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=0.5, socket_connect_timeout=0.5)
take = redis.register_script(SCRIPT)
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


class TooMuchError(Exception):
    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__(headers)
        self.headers = headers


async def limit(request: Request, response: Response, customer: AnyoneDep) -> None:
    searching = request.url.path == "/books"
    if customer is not None:
        who = f"customer:{customer.id}"
        most = customer.searches if searching else customer.vouchers
    elif searching:
        who, most = f"address:{address_of(request)}", shop.register.visitor_searches
    else:
        return
    key = f"bucket:{'searches' if searching else 'vouchers'}:{who}"
    try:
        taken, left = await take([key], [most, time.time()])
    except RedisError:
        if searching:
            return
        raise
    tokens = float(left)
    headers = {"X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(int(tokens))}
    if not taken:
        raise TooMuchError({**headers, "Retry-After": str(math.ceil((1 - tokens) * 60 / most))})
    response.headers.update(headers)


async def refuse(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TooMuchError)
    return JSONResponse({"detail": "Slow down."}, 429, error.headers)


async def wait_for_redis(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "Come back later."}, 503, {"Retry-After": "5"})


router = APIRouter(dependencies=[Depends(limit)])


@router.get("/books")
async def search_books(q: str = "") -> list[Book]:
    return [Book(isbn=isbn, title=title) for isbn, title in shop.search(q).items()]


@router.post("/vouchers/{code}")
async def redeem_voucher(
    code: str, customer: Annotated[shop.Customer, Depends(get_customer)]
) -> Redeemed:
    try:
        return Redeemed(code=code, value=shop.redeem(code))
    except shop.NoSuchVoucherError as error:
        raise HTTPException(404, "There is no such voucher.") from error


app = FastAPI(
    title="Bookshop", exception_handlers={TooMuchError: refuse, RedisError: wait_for_redis}
)
app.include_router(router)
app.add_api_route("/health", lambda: {"status": "alive"})
