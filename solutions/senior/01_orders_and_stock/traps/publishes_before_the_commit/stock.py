import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, HTTPException, status
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from . import bus, settings
from .tables import Book, HandledEvent

logger = logging.getLogger(__name__)

engine = create_async_engine(settings.DATABASE_URL)
sessions = async_sessionmaker(engine, expire_on_commit=False)
broker = RabbitBroker(settings.RABBITMQ_URL, timeout=5, default_channel=Channel(prefetch_count=5))

queue = RabbitQueue(
    bus.STOCK_QUEUE,
    routing_key=bus.ORDER_PLACED,
    arguments={
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": bus.DEAD_LETTERS.name,
    },
)


class OrderPlaced(BaseModel):
    event_id: UUID
    order_id: int
    isbn: str
    copies: Annotated[int, Field(ge=1)]


class NoSuchBookError(Exception):
    """An order is for a book that the stock service does not have."""


# Whatever is raised rejects the message, and the queue's arguments say where it goes then.
@broker.subscriber(queue, bus.EVENTS)
async def promise_copies(event: OrderPlaced, message: RabbitMessage) -> None:
    for attempt in range(1, settings.HANDLING_ATTEMPTS + 1):
        try:
            await promise_once(event, message.correlation_id or "")
        except OperationalError:
            if attempt == settings.HANDLING_ATTEMPTS:
                raise
            logger.warning("Event %s failed, attempt %s", event.event_id, attempt, exc_info=True)
            await asyncio.sleep(0.01 * attempt)
        else:
            return


async def promise_once(event: OrderPlaced, request_id: str) -> None:
    """Promise the copies and remember the event, both or neither, unless it is remembered."""
    remember = insert(HandledEvent).values(event_id=event.event_id, request_id=request_id)
    promise = (
        update(Book)
        .where(Book.isbn == event.isbn)
        .values(promised=Book.promised + event.copies)
        .returning(Book.isbn)
    )
    async with sessions.begin() as session:
        is_new = await session.scalar(
            remember.on_conflict_do_nothing().returning(HandledEvent.event_id)
        )
        if is_new is None:
            return
        if await session.scalar(promise) is None:
            raise NoSuchBookError(event.isbn)


class BookInStock(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    isbn: str
    price: Decimal
    copies: int
    promised: int


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()
        await engine.dispose()


app = FastAPI(title="Bookshop: stock", lifespan=lifespan)


@app.get("/books/{isbn}", response_model=BookInStock)
async def read_book(isbn: str) -> Book:
    async with sessions() as session:
        book = await session.get(Book, isbn)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {isbn}.")
    return book
