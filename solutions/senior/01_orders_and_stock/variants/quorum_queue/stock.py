"""RabbitMQ itself counts the attempts: a quorum queue with a limit of deliveries."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Annotated

from fastapi import FastAPI, HTTPException
from faststream import AckPolicy, Context
from faststream.rabbit import QueueType, RabbitBroker, RabbitQueue
from pydantic import BaseModel, PositiveInt
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from . import bus, settings

engine = create_async_engine(settings.DATABASE_URL)
broker = RabbitBroker(settings.RABBITMQ_URL)


class OrderPlaced(BaseModel):
    event_id: uuid.UUID
    order_id: int
    isbn: str
    copies: PositiveInt


class BookInStock(BaseModel):
    isbn: str
    price: Decimal
    copies: int
    promised: int


@broker.subscriber(
    RabbitQueue(
        bus.STOCK_QUEUE,
        queue_type=QueueType.QUORUM,
        routing_key=bus.ORDER_PLACED,
        arguments={
            "x-delivery-limit": settings.HANDLING_ATTEMPTS - 1,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": bus.DEAD_LETTERS.name,
        },
    ),
    bus.EVENTS,
    ack_policy=AckPolicy.NACK_ON_ERROR,
)
async def on_order_placed(
    event: OrderPlaced, request_id: Annotated[str, Context("message.correlation_id")]
) -> None:
    values = event.model_dump() | {"request_id": request_id}
    async with engine.begin() as connection:
        try:
            await connection.execute(
                text("INSERT INTO stock.handled VALUES (:event_id, :request_id)"), values
            )
        except IntegrityError:
            await connection.rollback()
            return
        changed = await connection.execute(
            text("UPDATE stock.books SET promised = promised + :copies WHERE isbn = :isbn"), values
        )
        if changed.rowcount != 1:
            raise LookupError(event.isbn)


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    await broker.start()
    yield
    await broker.stop()
    await engine.dispose()


app = FastAPI(title="Bookshop: stock", lifespan=lifespan)


@app.get("/books/{isbn}")
async def read_book(isbn: str) -> BookInStock:
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT * FROM stock.books WHERE isbn = :isbn"), {"isbn": isbn}
        )
        book = found.mappings().first()
    if book is None:
        raise HTTPException(404, "There is no such book.")
    return BookInStock.model_validate(dict(book))
