"""A table of kinds, and one ASGI middleware that answers the shop's errors and the unexpected."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import shop, web


@dataclass(frozen=True)
class Kind:
    status: HTTPStatus
    name: str
    title: str
    detail: str
    members: tuple[str, ...] = ()


KINDS: dict[type[Exception], Kind] = {
    shop.NoSuchBookError: Kind(
        HTTPStatus.NOT_FOUND,
        "no-such-book",
        "There is no such book.",
        "We do not have {isbn}.",
        ("isbn",),
    ),
    shop.NoSuchOrderError: Kind(
        HTTPStatus.NOT_FOUND,
        "no-such-order",
        "There is no such order.",
        "We do not have the order {order_id}.",
        ("order_id",),
    ),
    shop.SoldOutError: Kind(
        HTTPStatus.CONFLICT,
        "sold-out",
        "There are not enough copies.",
        "Of {isbn} we have {left}.",
        ("isbn", "left"),
    ),
    shop.CardDeclinedError: Kind(
        HTTPStatus.PAYMENT_REQUIRED,
        "card-declined",
        "The card was declined.",
        "Please try another card.",
        ("order_id",),
    ),
    shop.ClosedError: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "closed",
        "The shop is closed.",
        "Please come back in {seconds} seconds.",
    ),
}


def document(status: int, title: str, kind: str = "about:blank", **more: Any) -> dict[str, Any]:
    return {"type": kind, "title": title, "status": status, **more}


def as_problem(content: dict[str, Any], headers: Any = None) -> JSONResponse:
    return JSONResponse(content, content["status"], headers, "application/problem+json")


def kind_of(error: Exception) -> Kind | None:
    return next((KINDS[base] for base in type(error).__mro__ if base in KINDS), None)


class Problems:
    """Answers what comes out of the app, unless an answer was begun already."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            kind = kind_of(error)
            answer = self.refuse(error, kind) if kind else self.fail(error)
            await answer(scope, receive, send)

    def refuse(self, error: Exception, kind: Kind) -> Response:
        url = f"https://bookshop.example/problems/{kind.name}"
        members = {name: getattr(error, name) for name in kind.members}
        content = document(
            kind.status, kind.title, url, detail=kind.detail.format(**vars(error)), **members
        )
        seconds = getattr(error, "seconds", None)
        return as_problem(content, seconds and {"Retry-After": str(seconds)})

    def fail(self, error: Exception) -> Response:
        reference = uuid4()
        logging.exception("error %s", reference)
        content = document(500, "Internal Server Error", instance=f"urn:uuid:{reference}")
        return as_problem(content | {"detail": f"Tell us the reference {reference}."})


class NewOrder(BaseModel):
    isbn: str = Field(pattern=r"^\d{13}$")
    copies: int = Field(gt=0)


class Payment(BaseModel):
    card_number: str


async def session_of_request() -> AsyncIterator[shop.Session]:
    with shop.open_session() as session:
        yield session


Session = Annotated[shop.Session, Depends(session_of_request, scope="function")]
router = APIRouter()


@router.get("/books/{isbn}")
async def show(isbn: str, request: Request) -> JSONResponse:
    book = shop.find_book(isbn)
    etag = f'W/"{book.copies}"'
    web.stop_if_known(request, etag)
    return JSONResponse(vars(book), headers={"ETag": etag})


@router.post("/orders", status_code=201)
async def take(new: NewOrder, session: Session) -> shop.Order:
    order = session.add(new.isbn, new.copies)
    session.take(order)
    return order


@router.get("/orders", dependencies=[Depends(web.staff_only)])
async def show_all(session: Session) -> list[shop.Order]:
    return session.all_orders()


@router.get("/orders/{order_id}")
async def show_one(order_id: int, session: Session) -> shop.Order:
    return session.find(order_id)


@router.post("/orders/{order_id}/payment")
async def pay(order_id: int, payment: Payment, session: Session) -> shop.Order:
    return session.pay(order_id, payment.card_number)


def http_problem(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    if exc.status_code == HTTPStatus.NOT_MODIFIED:
        return Response(status_code=304, headers=exc.headers)
    phrase = HTTPStatus(exc.status_code).phrase
    return as_problem(document(exc.status_code, phrase, detail=exc.detail), exc.headers)


def wrong_request(_request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    url = "https://bookshop.example/problems/invalid-request"
    return as_problem(document(422, "The request is not valid.", url, errors=web.errors_of(exc)))


app = FastAPI()
app.include_router(router)
app.add_middleware(Problems)
app.add_exception_handler(HTTPException, http_problem)
app.add_exception_handler(RequestValidationError, wrong_request)
