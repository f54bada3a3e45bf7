"""Blocking sessions in threads, a class that holds what is shared, one relay at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
from anyio import from_thread, to_thread
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, Response
from faststream.rabbit import RabbitBroker
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import create_engine, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from . import bus, settings
from .tables import Order, OutboxEvent

log = logging.getLogger("bookshop.orders")


class NewOrder(BaseModel):
    isbn: Annotated[str, Field(pattern=r"^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1, le=999)]


class PlacedOrder(NewOrder):
    model_config = ConfigDict(from_attributes=True)

    id: int
    price: Decimal


class Shop:
    def __init__(self) -> None:
        self.engine = create_engine(settings.DATABASE_URL)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self.broker = RabbitBroker(settings.RABBITMQ_URL)

    async def relay(self) -> None:
        """Publish what waits; whoever holds the lock is the one who does."""
        await self.broker.connect()
        with self.engine.connect() as connection:
            key = {"key": 20_250_101}
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
                return
            try:
                for event in await to_thread.run_sync(self.waiting):
                    await self.broker.publish(
                        event.body,
                        exchange=bus.EVENTS,
                        routing_key=bus.ORDER_PLACED,
                        persist=True,
                        message_id=str(event.event_id),
                        correlation_id=event.request_id,
                    )
                    await to_thread.run_sync(self.mark, event.event_id)
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)

    def waiting(self) -> list[OutboxEvent]:
        with self.sessions() as session:
            waiting = select(OutboxEvent).where(OutboxEvent.published_at.is_(None))
            return list(session.scalars(waiting.order_by(OutboxEvent.id)))

    def mark(self, event_id: UUID) -> None:
        with self.sessions.begin() as session:
            session.execute(
                update(OutboxEvent)
                .where(OutboxEvent.event_id == event_id)
                .values(published_at=text("now()"))
            )

    async def relay_and_log(self) -> None:
        try:
            await self.relay()
        except Exception as error:
            log.warning("The outbox waits: %s", error)

    async def keep_relaying(self) -> None:
        while True:
            await self.relay_and_log()
            await asyncio.sleep(settings.RELAY_SECONDS)


shop = Shop()


async def relay() -> None:
    await shop.relay()


async def get_book(isbn: str, request_id: str) -> Any:
    """The book as JSON, or the status that says why there is none."""
    async with httpx.AsyncClient() as client:
        for attempt in range(settings.STOCK_ATTEMPTS):
            await asyncio.sleep(attempt * settings.STOCK_PAUSE)
            try:
                async with asyncio.timeout(settings.STOCK_TIMEOUT):
                    answer = await client.get(
                        f"{settings.STOCK_URL}/books/{isbn}", headers={"x-request-id": request_id}
                    )
                if answer.status_code < 500:
                    return answer.json() if answer.is_success else answer.status_code
            except (TimeoutError, httpx.RequestError) as error:
                log.warning("stock: %r", error)
    return 503


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(shop.keep_relaying())
        yield
        task.cancel()
    await shop.broker.stop()
    shop.engine.dispose()


app = FastAPI(title="Bookshop: orders", lifespan=lifespan)


@app.post("/orders", status_code=201, response_model=PlacedOrder)
def place_order(
    new: NewOrder, request: Request, response: Response, tasks: BackgroundTasks
) -> Order:
    request_id = request.headers.get("x-request-id", str(uuid4()))
    response.headers["x-request-id"] = request_id
    book = from_thread.run(get_book, new.isbn, request_id)
    if isinstance(book, int):
        raise HTTPException(409 if book == 404 else 503, "This cannot be ordered.")
    with shop.sessions.begin() as session:
        order = store(session, new, Decimal(book["price"]), request_id)
    # So that nobody has to wait for the next look into the outbox.
    tasks.add_task(shop.relay_and_log)
    return order


def store(session: Session, new: NewOrder, price: Decimal, request_id: str) -> Order:
    order = Order(**new.model_dump(), price=price)
    session.add(order)
    session.flush()
    event_id = uuid4()
    body = {"order_id": order.id, "event_id": str(event_id)} | new.model_dump()
    session.add(OutboxEvent(event_id=event_id, body=body, request_id=request_id))
    return order


@app.get("/orders/{order_id}", response_model=PlacedOrder)
def read_order(order_id: int) -> Order:
    with shop.sessions() as session:
        order = session.get(Order, order_id)
    if order is None:
        raise HTTPException(404, f"There is no order {order_id}.")
    return order
