"""The bookshop's orders, as they run on a developer's laptop."""

import os
from typing import Annotated

from fastapi import FastAPI, HTTPException, status
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql+psycopg://shop:shop@localhost/bookshop")
MAX_COPIES = 20

engine = create_async_engine(DATABASE_URL)
app = FastAPI(title="Bookshop orders")


class NewOrder(BaseModel):
    """An order as a client sends it."""

    isbn: str
    copies: Annotated[int, Field(ge=1, le=MAX_COPIES)]


class Order(BaseModel):
    """An order as the shop keeps it."""

    id: int
    isbn: str
    copies: int


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(new: NewOrder) -> Order:
    """Store an order."""
    insert = text("INSERT INTO orders (isbn, copies) VALUES (:isbn, :copies) RETURNING id")
    async with engine.begin() as connection:
        order_id = await connection.scalar(insert, new.model_dump())
    return Order(id=order_id, isbn=new.isbn, copies=new.copies)


@app.get("/orders/{order_id}")
async def read_order(order_id: int) -> Order:
    """Read an order."""
    select = text("SELECT id, isbn, copies FROM orders WHERE id = :id")
    async with engine.connect() as connection:
        row = (await connection.execute(select, {"id": order_id})).mappings().first()
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return Order(**row)


# Build here, in `Dockerfile` and in `k8s.yaml` what a production system needs:
#   settings    from the environment, checked before the first request
#   GET /livez  is this process alive?
#   GET /readyz can it do its work, database included?
#   a start     on $PORT, and a stop that finishes what was begun
