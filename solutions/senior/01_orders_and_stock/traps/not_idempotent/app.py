import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from random import uniform
from typing import Annotated, TypedDict
from uuid import uuid4

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response, status
from faststream.rabbit import Channel, RabbitBroker
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from . import bus, settings
from .tables import Order, OutboxEvent

logger = logging.getLogger(__name__)

engine = create_async_engine(settings.DATABASE_URL)
sessions = async_sessionmaker(engine, expire_on_commit=False)
broker = RabbitBroker(
    settings.RABBITMQ_URL,
    timeout=5,
    # Without this, a message that no queue takes comes back, and counts as published.
    default_channel=Channel(on_return_raises=True),
)


class NewOrder(BaseModel):
    isbn: Annotated[str, Field(pattern=r"^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1, le=999)]


class PlacedOrder(NewOrder):
    model_config = ConfigDict(from_attributes=True)

    id: int
    price: Decimal


class BookInStock(BaseModel):
    price: Decimal


class StockUnavailableError(Exception):
    """The stock service gave no answer that could be used."""


async def ask_stock(client: httpx.AsyncClient, isbn: str, request_id: str) -> BookInStock | None:
    """What the stock service says about a book; None when it does not know the book."""
    for attempt in range(settings.STOCK_ATTEMPTS):
        if attempt:
            # Longer each time and never the same, so that not all come back at one moment.
            jitter = uniform(1, 1.5)  # noqa: S311 - nothing secret
            await asyncio.sleep(settings.STOCK_PAUSE * 2 ** (attempt - 1) * jitter)
        try:
            # The time-out of httpx is for each single step; this one is for the whole call.
            async with asyncio.timeout(settings.STOCK_TIMEOUT):
                answer = await client.get(f"/books/{isbn}", headers={"X-Request-ID": request_id})
        except (httpx.TransportError, TimeoutError) as error:
            logger.warning("Request %s: stock gave no answer: %r", request_id, error)
            continue
        if answer.is_server_error:
            logger.warning("Request %s: stock answered %s", request_id, answer.status_code)
            continue
        if answer.status_code == status.HTTP_404_NOT_FOUND:
            return None
        if answer.status_code != status.HTTP_200_OK:
            break  # a mistake of ours: it would be the same the next time
        return BookInStock.model_validate_json(answer.content)
    raise StockUnavailableError


async def relay() -> None:
    """Publish what waits in the outbox, the oldest first.

    An event is marked only when RabbitMQ has confirmed it. When the process ends in between, it
    is published again: whoever listens must expect an event twice.
    """
    await broker.connect()
    next_event = (
        select(OutboxEvent)
        .where(OutboxEvent.published_at.is_(None))
        .order_by(OutboxEvent.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # another instance may be publishing, too
    )
    while True:
        async with sessions.begin() as session:
            event = await session.scalar(next_event)
            if event is None:
                return
            await broker.publish(
                event.body,
                exchange=bus.EVENTS,
                routing_key=bus.ORDER_PLACED,
                message_id=str(event.event_id),
                correlation_id=event.request_id,
                persist=True,
                timeout=5,
            )
            event.published_at = datetime.now(UTC)


async def relay_for_ever() -> None:
    while True:
        try:
            await relay()
        except Exception:
            logger.exception("Events have to wait in the outbox.")
        await asyncio.sleep(settings.RELAY_SECONDS)


class State(TypedDict):
    stock: httpx.AsyncClient


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    relaying = asyncio.create_task(relay_for_ever())
    try:
        async with httpx.AsyncClient(base_url=settings.STOCK_URL) as stock:
            yield {"stock": stock}
    finally:
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying
        await broker.stop()
        await engine.dispose()


def get_stock(request: Request) -> httpx.AsyncClient:
    client: httpx.AsyncClient = request.state.stock
    return client


def get_request_id(response: Response, x_request_id: Annotated[str | None, Header()] = None) -> str:
    request_id = x_request_id or str(uuid4())
    response.headers["X-Request-ID"] = request_id
    return request_id


StockDep = Annotated[httpx.AsyncClient, Depends(get_stock)]
RequestIdDep = Annotated[str, Depends(get_request_id)]

app = FastAPI(title="Bookshop: orders", lifespan=lifespan)


@app.post("/orders", status_code=status.HTTP_201_CREATED, response_model=PlacedOrder)
async def place_order(new: NewOrder, stock: StockDep, request_id: RequestIdDep) -> Order:
    # Before the transaction: a slow stock service must not hold connections and locks.
    try:
        book = await ask_stock(stock, new.isbn, request_id)
    except StockUnavailableError as error:
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, "Orders cannot be taken now. Try again."
        ) from error
    if book is None:
        raise HTTPException(status.HTTP_409_CONFLICT, f"There is no book {new.isbn}.")
    async with sessions.begin() as session:
        order = Order(isbn=new.isbn, copies=new.copies, price=book.price)
        session.add(order)
        await session.flush()
        event_id = uuid4()
        body = {
            "event_id": str(event_id),
            "order_id": order.id,
            "isbn": order.isbn,
            "copies": order.copies,
        }
        session.add(OutboxEvent(event_id=event_id, body=body, request_id=request_id))
    return order


@app.get("/orders/{order_id}", response_model=PlacedOrder)
async def read_order(order_id: int) -> Order:
    async with sessions() as session:
        order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return order
