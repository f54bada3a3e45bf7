"""No dependency for the session: each endpoint opens it in a `with` block. Handlers are plain."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from http.client import responses
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Body, Depends, FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from . import shop, web
from .shop import CardDeclinedError, ClosedError, NoSuchBookError, NoSuchOrderError, SoldOutError

app = FastAPI()
Isbn = Annotated[str, Body(pattern="^[0-9]{13}$")]


class Problem(JSONResponse):
    media_type = "application/problem+json"

    def __init__(self, status: int, name: str = "", title: str = "", **members: Any) -> None:
        headers = members.pop("headers", None)
        members["type"] = f"https://bookshop.example/problems/{name}" if name else "about:blank"
        members["title"] = title or responses[status]
        super().__init__(members | {"status": status}, status, headers)


def refuse(
    _request: Request, exc: Exception, *, status: int, name: str, title: str, members: str
) -> Response:
    told = {member: getattr(exc, member) for member in members.split()}
    detail = ", ".join([title.removesuffix("."), *(f"{key} {told[key]}" for key in told)])
    headers = {"Retry-After": str(exc.seconds)} if isinstance(exc, ClosedError) else None
    return Problem(status, name, title, detail=detail, headers=headers, **told)


for error, status, name, title, members in (
    (NoSuchBookError, 404, "no-such-book", "There is no such book.", "isbn"),
    (NoSuchOrderError, 404, "no-such-order", "There is no such order.", "order_id"),
    (SoldOutError, 409, "sold-out", "There are not enough copies.", "isbn left"),
    (CardDeclinedError, 402, "card-declined", "The card was declined.", "order_id"),
    (ClosedError, 503, "closed", "The shop is closed.", ""),
):
    app.add_exception_handler(
        error, partial(refuse, status=status, name=name, title=title, members=members)
    )


@app.exception_handler(RequestValidationError)
def wrong(_request: Request, exc: RequestValidationError) -> Response:
    errors = web.errors_of(exc)
    return Problem(422, "invalid-request", "The request is not valid.", errors=errors)


@app.exception_handler(HTTPException)
def http_error(request: Request, exc: HTTPException) -> Response:
    if exc.status_code < 400:
        return Response(None, exc.status_code, exc.headers)
    path = request.url.path
    return Problem(exc.status_code, detail=exc.detail, headers=exc.headers, instance=path)


def report(error: Exception) -> UUID:
    reference = uuid4()
    logging.getLogger("uvicorn.error").error("failed: %s", reference, exc_info=error)
    return reference


@app.middleware("http")
async def unexpected(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    try:
        return await call_next(request)
    except Exception as error:
        return Problem(500, instance=report(error).urn)


@app.get("/books/{isbn}")
def book(isbn: str, request: Request, response: Response) -> shop.Book:
    found = shop.find_book(isbn)
    etag = response.headers["ETag"] = f'"{found.title}/{found.copies}"'
    web.stop_if_known(request, etag)
    return found


@app.get("/orders", dependencies=[Depends(web.staff_only)])
def orders() -> list[shop.Order]:
    with shop.open_session() as session:
        return session.all_orders()


@app.post("/orders", status_code=201)
def order(isbn: Isbn, copies: Annotated[int, Body(ge=1)]) -> shop.Order:
    with shop.open_session() as session:
        new = session.add(isbn, copies)
        session.take(new)
    return new


@app.get("/orders/{order_id}")
def one_order(order_id: Annotated[int, Path()]) -> shop.Order:
    with shop.open_session() as session:
        return session.find(order_id)


@app.post("/orders/{order_id}/payment")
def payment(order_id: int, card_number: Annotated[str, Body(embed=True)]) -> shop.Order:
    with shop.open_session() as session:
        return session.pay(order_id, card_number)
