"""No `yield` dependency: `async def` handlers run a unit of work in a thread, in a `with` block."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Engine, create_engine, exc
from sqlalchemy.orm import Session

from . import settings
from .tables import Book, Order, OrderLine


class Line(BaseModel):
    isbn: str
    copies: int = Field(ge=1, le=999)


class NewOrder(BaseModel):
    reference: str
    customer: str
    lines: list[Line] = Field(min_length=1)


class Refused(Exception):  # noqa: N818 - it says what happened
    """The order is in conflict with what the database has."""


class Orders:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, new: NewOrder) -> int:
        with Session(self.engine) as session, session.begin():
            order = Order(reference=new.reference, customer=new.customer)
            try:
                with session.begin_nested():
                    session.add(order)
            except exc.IntegrityError:
                raise Refused("the reference is taken") from None
            for position, line in enumerate(new.lines, 1):
                if session.get(Book, line.isbn) is None:
                    raise Refused(f"there is no book {line.isbn}")
                order.lines.append(OrderLine(position=position, **line.model_dump()))
            session.flush()
            return order.id

    def find(self, order_id: int) -> dict[str, Any] | None:
        with Session(self.engine) as session:
            order = session.get(Order, order_id)
            if order is None:
                return None
            lines = [{"isbn": line.isbn, "copies": line.copies} for line in order.lines]
            return {
                "id": order.id,
                "reference": order.reference,
                "customer": order.customer,
                "lines": lines,
            }


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    options: dict[str, Any] = {"pool_size": settings.POOL_SIZE, "max_overflow": 0}
    engine = create_engine(settings.DATABASE_URL, pool_pre_ping=True, **options)
    try:
        yield {"orders": Orders(engine)}
    finally:
        await run_in_threadpool(engine.dispose)


app = FastAPI(title="Orders", lifespan=lifespan)


@app.post("/orders", status_code=201)
async def post(new: NewOrder, request: Request, response: Response) -> dict[str, Any]:
    try:
        order_id = await run_in_threadpool(request.state.orders.add, new)
    except Refused as refused:
        raise HTTPException(409, str(refused)) from refused
    response.headers["Location"] = f"/orders/{order_id}"
    return {"id": order_id, **new.model_dump()}


@app.get("/orders/{order_id}")
async def get(order_id: int, request: Request) -> dict[str, Any]:
    found: dict[str, Any] | None = await run_in_threadpool(request.state.orders.find, order_id)
    if found is None:
        raise HTTPException(404)
    return found
