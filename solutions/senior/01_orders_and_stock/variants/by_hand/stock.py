"""One message at a time, acknowledged by hand; the dead letters are published by the app."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

from aio_pika import IncomingMessage
from anyio import to_thread
from fastapi import FastAPI, HTTPException
from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue, RabbitRouter
from faststream.rabbit.annotations import RabbitMessage
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError
from sqlalchemy import create_engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

from . import bus, settings
from .tables import Book, HandledEvent

log = logging.getLogger("bookshop.stock")

engine = create_engine(settings.DATABASE_URL)
sessions = sessionmaker(engine, expire_on_commit=False)
router = RabbitRouter()
ATTEMPT = "x-attempt"


class OrderPlaced(BaseModel):
    event_id: UUID
    order_id: int
    isbn: str
    copies: PositiveInt


class BookInStock(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    isbn: str
    price: Decimal
    copies: int
    promised: int


def promise(event: OrderPlaced, request_id: str | None) -> None:
    with sessions.begin() as session:
        # The lock on the book lets one event after the other through.
        book = session.scalars(
            select(Book).where(Book.isbn == event.isbn).with_for_update()
        ).one_or_none()
        if book is None:
            raise LookupError(event.isbn)
        if session.get(HandledEvent, event.event_id) is None:
            book.promised += event.copies
            session.add(HandledEvent(event_id=event.event_id, request_id=request_id or ""))


async def keep_bytes(message: StreamMessage[IncomingMessage]) -> bytes:
    """Decode nothing: what cannot be read must reach the handler, too."""
    return message.body


@router.subscriber(
    RabbitQueue(bus.STOCK_QUEUE, routing_key=bus.ORDER_PLACED),
    bus.EVENTS,
    ack_policy=AckPolicy.MANUAL,
    decoder=keep_bytes,
)
async def on_message(body: bytes, message: RabbitMessage) -> None:
    attempt = int(message.headers.get(ATTEMPT, 1))
    queue = ""
    try:
        event = OrderPlaced.model_validate_json(body)
        await to_thread.run_sync(promise, event, message.correlation_id)
    except DBAPIError as error:
        log.warning("attempt %s: %s", attempt, error)
        last = attempt >= settings.HANDLING_ATTEMPTS
        queue = bus.DEAD_LETTERS.name if last else bus.STOCK_QUEUE
    except (ValidationError, LookupError) as error:
        log.warning("dead letter: %s", error)
        queue = bus.DEAD_LETTERS.name
    if queue:
        await broker.publish(
            body,
            queue,
            persist=True,
            headers={ATTEMPT: attempt + 1},
            message_id=message.message_id,
            correlation_id=message.correlation_id,
            content_type=message.content_type,
        )
    await message.ack()


broker = RabbitBroker(settings.RABBITMQ_URL, default_channel=Channel(prefetch_count=1))
broker.include_router(router)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with broker:
        await broker.start()
        yield
    engine.dispose()


app = FastAPI(title="Bookshop: stock", lifespan=lifespan)


@app.get("/books/{isbn}", response_model=BookInStock)
def read_book(isbn: str) -> Book:
    with sessions() as session:
        book = session.get(Book, isbn)
    if book is None:
        raise HTTPException(404, f"There is no book {isbn}.")
    return book
