"""No ORM: connections of an engine that the module makes and the lifespan disposes of."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_if_new

from . import settings, tables

engine = create_engine(
    settings.DATABASE_URL, pool_size=settings.POOL_SIZE, max_overflow=0, pool_pre_ping=True
)
router = APIRouter(prefix="/orders")


class Line(BaseModel):
    isbn: str
    copies: Annotated[int, Field(ge=1, le=999)]


class Placed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reference: str
    customer: str
    lines: Annotated[list[Line], Field(min_length=1)]


def transaction() -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


Transaction = Annotated[Connection, Depends(transaction, scope="function")]


def create(placed: Placed, connection: Transaction) -> dict[str, Any]:
    wanted = {line.isbn for line in placed.lines}
    known = connection.scalars(
        select(tables.Book.isbn).where(tables.Book.isbn.in_(wanted)).with_for_update(read=True)
    )
    if unknown := wanted - set(known):
        raise HTTPException(409, f"unknown: {', '.join(sorted(unknown))}")
    order_id = connection.scalar(
        insert_if_new(tables.Order)
        .values(reference=placed.reference, customer=placed.customer)
        .on_conflict_do_nothing(constraint="reference_is_new")
        .returning(tables.Order.id)
    )
    if order_id is None:
        raise HTTPException(409, f"taken: {placed.reference}")
    connection.execute(
        insert(tables.OrderLine),
        [
            {"order_id": order_id, "position": n, **line.model_dump()}
            for n, line in enumerate(placed.lines, 1)
        ],
    )
    return {"id": order_id, **placed.model_dump()}


def read(order_id: int, connection: Transaction) -> dict[str, Any]:
    order = tables.Order.__table__
    lines = tables.OrderLine
    found = connection.execute(select(order).where(order.c.id == order_id)).mappings().one_or_none()
    if found is None:
        raise HTTPException(404, "no such order")
    of_order = select(lines.isbn, lines.copies).where(lines.order_id == order_id)
    rows = connection.execute(of_order.order_by(lines.position)).mappings().all()
    return {**found, "lines": [dict(row) for row in rows]}


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    with engine.connect():  # refuse to start without the database
        pass
    try:
        yield
    finally:
        engine.dispose()


router.add_api_route("", create, methods=["POST"], status_code=201)
router.add_api_route("/{order_id}", read)
app = FastAPI(lifespan=lifespan)
app.include_router(router)
