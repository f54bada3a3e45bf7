"""An async engine in `app.state`; the handler commits, and an exception handler names conflicts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from .settings import DATABASE_URL, POOL_SIZE
from .tables import Order, OrderLine


class LineIn(BaseModel):
    isbn: str
    copies: int = Field(gt=0, lt=1000)


class OrderIn(BaseModel):
    reference: str
    customer: str
    lines: list[LineIn] = Field(min_length=1)


class OrderOut(OrderIn):
    id: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_async_engine(
        DATABASE_URL, pool_size=POOL_SIZE, max_overflow=0, pool_pre_ping=True
    )
    app.state.new_session = async_sessionmaker(engine, expire_on_commit=False)
    try:
        yield
    finally:
        await engine.dispose()


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.new_session() as session:
        yield session


Database = Annotated[AsyncSession, Depends(open_session)]
app = FastAPI(lifespan=lifespan)


@app.exception_handler(IntegrityError)
async def tell_conflict(request: Request, error: IntegrityError) -> JSONResponse:
    # 23503 is a missing book, 23505 a reference that is taken (PostgreSQL's error codes).
    if getattr(error.orig, "sqlstate", None) in ("23503", "23505"):
        return JSONResponse({"detail": "This cannot be ordered."}, 409)
    raise error


@app.post("/orders", status_code=201)
async def add_order(body: OrderIn, db: Database) -> OrderOut:
    order = Order(reference=body.reference, customer=body.customer)
    order.lines = [OrderLine(position=n, **line.model_dump()) for n, line in enumerate(body.lines)]
    db.add(order)
    await db.commit()
    return OrderOut(id=order.id, **body.model_dump())


@app.get("/orders/{order_id}")
async def get_order(order_id: int, db: Database) -> OrderOut:
    order = await db.scalar(select(Order).where(Order.id == order_id))
    if order is None:
        raise HTTPException(404)
    return OrderOut.model_validate(order, from_attributes=True)
