"""Classes as dependencies, one of which collects the tasks; the handler commits by itself."""

# ruff: noqa: B008 - `Depends` as a default is how much code in use is written.

import logging
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from . import office
from .office import OrderBook, Paper, Session, Tray


class NewOrder(BaseModel):
    email: str
    isbn: str
    copies: int = Field(gt=0)


class OrderOut(NewOrder):
    model_config = ConfigDict(from_attributes=True)

    id: int
    confirmed: bool


def get_book(request: Request) -> OrderBook:
    book: OrderBook = request.app.state.book
    return book


class Afterwards:
    """What is to be done after the answer."""

    def __init__(self, tasks: BackgroundTasks, book: OrderBook = Depends(get_book)) -> None:
        self._tasks = tasks
        self._book = book

    def add(self, order_id: int, do: Callable[..., None], *args: Any) -> None:
        self._tasks.add_task(self._run, order_id, do, *args)

    def mail(self, order_id: int, email: str, paper: Paper) -> None:
        office.send_mail(email, paper)
        session = self._book.open_session()
        try:
            session.confirm(order_id)
            session.commit()
        finally:
            session.close()

    @staticmethod
    def _run(order_id: int, do: Callable[..., None], *args: Any) -> None:
        try:
            do(*args)
        except Exception as error:
            logging.critical("Order %s is not done: %r", order_id, error, exc_info=True)


class OpenSession:
    """A dependency that is an object: gives a session and closes it."""

    def __call__(self, book: OrderBook = Depends(get_book)) -> Iterator[Session]:
        session = book.open_session()
        try:
            yield session
        finally:
            session.close()


def get_tray() -> Iterator[Tray]:
    tray = office.open_tray()
    try:
        yield tray
    finally:
        tray.clear()


open_session = OpenSession()
router = APIRouter(prefix="/orders")


@router.post("", status_code=201, response_model=OrderOut)
def add_order(
    new: NewOrder,
    session: Session = Depends(open_session, scope="function"),
    tray: Tray = Depends(get_tray),
    afterwards: Afterwards = Depends(),
) -> Any:
    order = session.add(new.email, new.isbn, new.copies)
    afterwards.add(order.id, office.pack, paper := tray.print_invoice(order))
    afterwards.add(order.id, afterwards.mail, order.id, order.email, paper)
    try:
        session.reserve(order)
    except office.SoldOutError:
        raise HTTPException(409, "sold out") from None
    session.commit()
    return order


@router.get("/{order_id}", response_model=OrderOut)
async def get_order(
    order_id: int, session: Session = Depends(open_session, scope="function")
) -> Any:
    if order := session.find(order_id):
        return order
    raise HTTPException(404, "no such order")


def create_app() -> FastAPI:
    made = FastAPI(title="Orders")
    made.state.book = office.book
    made.add_middleware(office.AnswerRecorder)
    made.include_router(router)
    return made


app = create_app()
