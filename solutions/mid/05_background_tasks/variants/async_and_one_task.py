"""Async throughout: one task of the returned response does all, and sessions are opened by hand."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, PositiveInt
from starlette.background import BackgroundTask

from . import office

log = logging.getLogger("bookshop.orders")


class OrderIn(BaseModel):
    email: str
    isbn: str
    copies: PositiveInt


async def get_book() -> office.OrderBook:
    return office.book


async def a_tray() -> AsyncIterator[office.Tray]:
    tray = office.open_tray()
    try:
        yield tray
    finally:
        tray.clear()


Book = Annotated[office.OrderBook, Depends(get_book)]


def as_json(order: office.Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "email": order.email,
        "isbn": order.isbn,
        "copies": order.copies,
        "confirmed": order.confirmed,
    }


async def mail_and_confirm(
    order: office.Order, paper: office.Paper, book: office.OrderBook
) -> None:
    await asyncio.to_thread(office.send_mail, order.email, paper)
    with book.open_session() as session:
        session.confirm(order.id)
        session.commit()


async def afterwards(order: office.Order, paper: office.Paper, book: office.OrderBook) -> None:
    results = await asyncio.gather(
        mail_and_confirm(order, paper, book),
        asyncio.to_thread(office.pack, paper),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException):
            log.error("after order %s: %s", order.id, result, exc_info=result)


async def order_books(
    body: OrderIn, book: Book, tray: Annotated[office.Tray, Depends(a_tray)]
) -> JSONResponse:
    with book.open_session() as session:
        order = session.add(**body.model_dump())
        try:
            session.reserve(order)
        except office.SoldOutError as error:
            raise HTTPException(409, str(error)) from error
        session.commit()
    paper = tray.print_invoice(order)
    return JSONResponse(
        as_json(order), 201, background=BackgroundTask(afterwards, order, paper, book)
    )


async def show_order(order_id: int, book: Book) -> dict[str, Any]:
    with book.open_session() as session:
        found = session.find(order_id)
    if not found:
        raise HTTPException(404)
    return as_json(found)


app = FastAPI()
app.add_middleware(office.AnswerRecorder)
app.add_api_route("/orders", order_books, methods=["POST"])
app.add_api_route("/orders/{order_id}", show_order)
