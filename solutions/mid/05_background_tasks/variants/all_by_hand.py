"""`Depends` only for the book: `with` blocks, a response that takes care of what comes after it."""

import logging
from contextlib import ExitStack
from functools import partial
from typing import Annotated

from fastapi import Body, Depends, FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from . import office

app = FastAPI()
app.add_middleware(office.AnswerRecorder)


def get_book() -> office.OrderBook:
    return office.book


class TakenOrder(JSONResponse):
    """The answer to an order, after which the order is worked on."""

    def __init__(self, order: office.Order, tray: office.Tray, book: office.OrderBook) -> None:
        super().__init__(jsonable_encoder(order), 201)
        self.order, self.tray, self.book = order, tray, book
        self.paper = tray.print_invoice(order)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.tray:
            await super().__call__(scope, receive, send)
            for work in (partial(office.pack, self.paper), self.mail):
                try:
                    work()
                except Exception:
                    logging.getLogger("uvicorn.error").exception("order %d", self.order.id)

    def mail(self) -> None:
        office.send_mail(self.order.email, self.paper)
        with self.book.open_session() as session:
            session.confirm(self.order.id)
            session.commit()


@app.post("/orders", status_code=201, response_model=office.Order)
def create(
    email: Annotated[str, Body()],
    isbn: Annotated[str, Body()],
    copies: Annotated[int, Body(ge=1)],
    book: Annotated[office.OrderBook, Depends(get_book)],
) -> JSONResponse:
    with ExitStack() as stack:
        session = stack.enter_context(book.open_session())
        order = session.add(email, isbn, copies)
        try:
            session.reserve(order)
        except office.SoldOutError:
            return JSONResponse({"detail": "sold out"}, 409)
        session.commit()
    return TakenOrder(order, office.open_tray(), book)


@app.get("/orders/{order_id}", response_model=office.Order)
def read(
    order_id: int, book: Annotated[office.OrderBook, Depends(get_book)]
) -> office.Order | JSONResponse:
    with book.open_session() as session:
        return session.find(order_id) or JSONResponse({"detail": "unknown"}, 404)
