"""Looks up the exact class of a refusal in a table, so that a subclass is unknown.

Fails: test_a_new_kind_is_answered_like_the_nearest_one
"""

import logging
from collections.abc import Iterator, Mapping
from http.client import responses
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, FastAPI, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from . import shop, web

log = logging.getLogger("bookshop.api")

app = FastAPI(title="Bookshop")


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(
    status_code: int,
    kind: str,
    title: str,
    *,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> ProblemResponse:
    """Answer with a problem of the shop's own, which has a type."""
    content = {
        "type": f"https://bookshop.example/problems/{kind}",
        "title": title,
        "status": status_code,
        **members,
    }
    return ProblemResponse(content, status_code, headers)


def plain_problem(
    status_code: int, *, headers: Mapping[str, str] | None = None, **members: Any
) -> ProblemResponse:
    """Answer with a problem about which the status says it all."""
    title = responses.get(status_code, "Unknown Error")
    content = {"type": "about:blank", "title": title, "status": status_code, **members}
    return ProblemResponse(content, status_code, headers)


async def no_such_book(_request: Request, exc: shop.NoSuchBookError) -> Response:
    return problem(
        status.HTTP_404_NOT_FOUND,
        "no-such-book",
        "There is no such book.",
        detail=f"The shop has no book with the ISBN {exc.isbn}.",
        isbn=exc.isbn,
    )


async def no_such_order(_request: Request, exc: shop.NoSuchOrderError) -> Response:
    return problem(
        status.HTTP_404_NOT_FOUND,
        "no-such-order",
        "There is no such order.",
        detail=f"No order has the number {exc.order_id}.",
        order_id=exc.order_id,
    )


async def sold_out(_request: Request, exc: shop.SoldOutError) -> Response:
    return problem(
        status.HTTP_409_CONFLICT,
        "sold-out",
        "There are not enough copies.",
        detail=f"The shop has {exc.left} copies of {exc.isbn} left.",
        isbn=exc.isbn,
        left=exc.left,
    )


async def card_declined(_request: Request, exc: shop.CardDeclinedError) -> Response:
    return problem(
        status.HTTP_402_PAYMENT_REQUIRED,
        "card-declined",
        "The card was declined.",
        detail=f"The bank has not accepted the card for order {exc.order_id}. Try another one.",
        order_id=exc.order_id,
    )


async def closed(_request: Request, exc: shop.ClosedError) -> Response:
    return problem(
        status.HTTP_503_SERVICE_UNAVAILABLE,
        "closed",
        "The shop is closed.",
        detail=f"The shop opens again in {exc.seconds} seconds.",
        headers={"Retry-After": str(exc.seconds)},
    )


HANDLERS: dict[type[Exception], Any] = {
    shop.NoSuchBookError: no_such_book,
    shop.NoSuchOrderError: no_such_order,
    shop.SoldOutError: sold_out,
    shop.CardDeclinedError: card_declined,
    shop.ClosedError: closed,
}


@app.exception_handler(shop.ShopError)
async def refused(request: Request, exc: shop.ShopError) -> Response:
    answer: Response = await HANDLERS[type(exc)](request, exc)
    return answer


@app.exception_handler(RequestValidationError)
async def invalid_request(_request: Request, exc: RequestValidationError) -> Response:
    return problem(
        status.HTTP_422_UNPROCESSABLE_CONTENT,
        "invalid-request",
        "The request is not valid.",
        errors=web.errors_of(exc),
    )


# Starlette's class: the router raises it for 404 and 405, and FastAPI's is a subclass of it.
@app.exception_handler(HTTPException)
async def http_error(_request: Request, exc: HTTPException) -> Response:
    if exc.status_code in {status.HTTP_204_NO_CONTENT, status.HTTP_304_NOT_MODIFIED}:
        return Response(status_code=exc.status_code, headers=exc.headers)
    return plain_problem(exc.status_code, headers=exc.headers, detail=exc.detail)


@app.exception_handler(Exception)
async def unexpected(request: Request, exc: Exception) -> Response:
    reference = uuid4().urn
    log.error("%s: %s %s failed", reference, request.method, request.url.path, exc_info=exc)
    return plain_problem(status.HTTP_500_INTERNAL_SERVER_ERROR, instance=reference)


class NewOrder(BaseModel):
    isbn: Annotated[str, Field(pattern="^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1)]


class Payment(BaseModel):
    card_number: str


def get_session() -> Iterator[shop.Session]:
    with shop.open_session() as session:
        yield session


# Stored before the answer is sent, so that a refusal while storing can still become the answer.
SessionDep = Annotated[shop.Session, Depends(get_session, scope="function")]


@app.get("/books/{isbn}")
def read_book(isbn: str, request: Request, response: Response) -> shop.Book:
    book = shop.find_book(isbn)
    etag = f'"{book.isbn}-{book.copies}"'
    web.stop_if_known(request, etag)
    response.headers["ETag"] = etag
    return book


@app.post("/orders", status_code=status.HTTP_201_CREATED)
def place_order(new: NewOrder, session: SessionDep) -> shop.Order:
    order = session.add(new.isbn, new.copies)
    session.take(order)
    return order


@app.get("/orders", dependencies=[Depends(web.staff_only)])
def list_orders(session: SessionDep) -> list[shop.Order]:
    return session.all_orders()


@app.get("/orders/{order_id}")
def read_order(order_id: int, session: SessionDep) -> shop.Order:
    return session.find(order_id)


@app.post("/orders/{order_id}/payment")
def pay(order_id: int, payment: Payment, session: SessionDep) -> shop.Order:
    return session.pay(order_id, payment.card_number)
