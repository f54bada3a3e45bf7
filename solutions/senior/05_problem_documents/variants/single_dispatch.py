"""One handler for all, over a `singledispatch` function that knows what to say of each class."""

import logging
from collections.abc import AsyncIterator
from functools import singledispatch
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import starlette.exceptions
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from . import shop, web

logger = logging.getLogger(__name__)


class Problem(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: HTTPStatus
    detail: str | None = None
    instance: str | None = None

    def answer(self, headers: Any = None) -> Response:
        return Response(
            self.model_dump_json(exclude_none=True),
            self.status,
            headers,
            "application/problem+json",
        )


def refusal(status: HTTPStatus, name: str, title: str, detail: str, **members: Any) -> Problem:
    url = f"https://bookshop.example/problems/{name}"
    return Problem(type=url, title=title, status=status, detail=detail, **members)


@singledispatch
def problem_of(error: Exception) -> Problem:
    reference = uuid4().urn
    logger.critical("unexpected error, %s", reference, exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(title=status.phrase, status=status, instance=reference)


@problem_of.register
def _(error: shop.NoSuchBookError) -> Problem:
    return refusal(
        HTTPStatus.NOT_FOUND,
        "no-such-book",
        "There is no such book.",
        f"{error.isbn} is not one of our books.",
        isbn=error.isbn,
    )


@problem_of.register
def _(error: shop.NoSuchOrderError) -> Problem:
    return refusal(
        HTTPStatus.NOT_FOUND,
        "no-such-order",
        "There is no such order.",
        f"{error.order_id} is not one of our orders.",
        order_id=error.order_id,
    )


@problem_of.register
def _(error: shop.SoldOutError) -> Problem:
    return refusal(
        HTTPStatus.CONFLICT,
        "sold-out",
        "There are not enough copies.",
        f"Only {error.left} of {error.isbn}.",
        isbn=error.isbn,
        left=error.left,
    )


@problem_of.register
def _(error: shop.CardDeclinedError) -> Problem:
    return refusal(
        HTTPStatus.PAYMENT_REQUIRED,
        "card-declined",
        "The card was declined.",
        "The bank said no.",
        order_id=error.order_id,
    )


@problem_of.register
def _(_error: shop.ClosedError) -> Problem:
    return refusal(
        HTTPStatus.SERVICE_UNAVAILABLE, "closed", "The shop is closed.", "Come back later."
    )


@problem_of.register
def _(error: RequestValidationError) -> Problem:
    return refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        "The request is not valid.",
        "See the errors.",
        errors=web.errors_of(error),
    )


@problem_of.register
def _(error: starlette.exceptions.HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    return Problem(title=status.phrase, status=status, detail=error.detail)


def handle(_request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None)
    if isinstance(error, shop.ClosedError):
        headers = {"Retry-After": str(error.seconds)}
    problem = problem_of(error)
    if problem.status == HTTPStatus.NOT_MODIFIED:
        return Response(status_code=problem.status, headers=headers)
    return problem.answer(headers)


class NewOrder(BaseModel):
    isbn: str = Field(min_length=13, max_length=13, pattern="^[0-9]*$")
    copies: int = Field(ge=1)


class Payment(BaseModel):
    card_number: str


async def get_session() -> AsyncIterator[shop.Session]:
    session = shop.open_session()
    try:
        yield session
    except BaseException as error:
        session.drop(error)
        raise
    else:
        session.store()


own_session = Depends(get_session, scope="function")


async def read_book(isbn: str, request: Request, response: Response) -> shop.Book:
    book = shop.find_book(isbn)
    response.headers["ETag"] = f'"{book.copies}"'
    web.stop_if_known(request, f'"{book.copies}"')
    return book


async def place_order(new: NewOrder, session: shop.Session = own_session) -> shop.Order:
    order = session.add(**new.model_dump())
    session.take(order)
    return order


async def list_orders(session: shop.Session = own_session) -> list[shop.Order]:
    return session.all_orders()


async def read_order(order_id: int, session: shop.Session = own_session) -> shop.Order:
    return session.find(order_id)


async def pay(order_id: int, payment: Payment, session: shop.Session = own_session) -> shop.Order:
    return session.pay(order_id, payment.card_number)


app = FastAPI()
for handled in (
    shop.ShopError,
    starlette.exceptions.HTTPException,
    RequestValidationError,
    Exception,
):
    app.add_exception_handler(handled, handle)
app.add_api_route("/books/{isbn}", read_book)
app.add_api_route("/orders", place_order, methods=["POST"], status_code=201)
app.add_api_route("/orders", list_orders, dependencies=[Depends(web.staff_only)])
app.add_api_route("/orders/{order_id}", read_order)
app.add_api_route("/orders/{order_id}/payment", pay, methods=["POST"])
