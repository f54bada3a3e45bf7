"""SlowAPI in `async def`, which counts in the process while Redis is away, and no other way."""

import os
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from redis import RedisError
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded

from . import shop

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


async def remember(request: Request, customer: AnyoneDep) -> None:
    """Keep who is asking for SlowAPI, which knows nothing of dependencies."""
    request.state.customer = customer


def who(request: Request) -> str:
    customer: shop.Customer | None = request.state.customer
    if customer is None:
        return f"visitor {shop.register.visitor_searches} 0 {address_of(request)}"
    return f"customer {customer.searches} {customer.vouchers} {customer.id}"


def searches(key: str) -> str:
    return f"{key.split()[1]} per minute"


def vouchers(key: str) -> str:
    return f"{key.split()[2]} per minute"


def limiter(**options: Any) -> Limiter:
    return Limiter(
        who,
        storage_uri=os.environ["REDIS_URL"],
        storage_options={"socket_timeout": 0.3, "socket_connect_timeout": 0.3},  # type: ignore[dict-item]
        strategy="sliding-window-counter",
        headers_enabled=True,
        **options,
    )


searching = limiter(in_memory_fallback_enabled=True)
redeeming = limiter()
app = FastAPI(title="Bookshop")


@app.exception_handler(RateLimitExceeded)
def refuse(request: Request, error: RateLimitExceeded) -> Response:
    which = searching if request.url.path == "/books" else redeeming
    answer = JSONResponse({"detail": "Slow down."}, 429)
    return which._inject_headers(answer, request.state.view_rate_limit)


@app.exception_handler(RedisError)
def without_redis(request: Request, error: RedisError) -> Response:
    return JSONResponse({"detail": "Come back later."}, 503, {"Retry-After": "5"})


@app.get("/health")
async def read_health() -> dict[str, str]:
    return {"status": "alive"}


@app.get("/books", dependencies=[Depends(remember)])
@searching.shared_limit(searches, scope="searches")
async def search_books(request: Request, response: Response, q: str = "") -> list[Book]:
    return [Book(isbn=isbn, title=title) for isbn, title in shop.search(q).items()]


@app.post("/vouchers/{code}", dependencies=[Depends(remember)])
@redeeming.shared_limit(vouchers, scope="vouchers")
async def redeem_voucher(
    request: Request,
    response: Response,
    code: str,
    customer: Annotated[shop.Customer, Depends(get_customer)],
) -> Redeemed:
    try:
        return Redeemed(code=code, value=shop.redeem(code))
    except shop.NoSuchVoucherError as error:
        raise HTTPException(404, "There is no such voucher.") from error
