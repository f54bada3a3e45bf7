"""Core instead of the ORM, a batch of events a transaction that deletes them, a middleware."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from contextvars import ContextVar
from decimal import Decimal
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, FastAPI, HTTPException
from faststream.rabbit import RabbitBroker
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import bus, settings

engine = create_async_engine(settings.DATABASE_URL, pool_pre_ping=True)
broker = RabbitBroker(settings.RABBITMQ_URL, logger=None)
order_placed = broker.publisher(routing_key=bus.ORDER_PLACED, exchange=bus.EVENTS, persist=True)
request_id: ContextVar[str] = ContextVar("request_id")
router = APIRouter()


class RequestId:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        own = Headers(scope=scope).get("X-Request-ID") or uuid.uuid4().hex
        request_id.set(own)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = own
            await send(message)

        await self.app(scope, receive, send_with_id)


class NewOrder(BaseModel):
    isbn: Annotated[str, Field(pattern=r"^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1, le=999)]


class PlacedOrder(NewOrder):
    id: int
    price: Decimal


async def call_stock(isbn: str) -> httpx.Response | None:
    async with httpx.AsyncClient(
        base_url=settings.STOCK_URL, headers={"X-Request-ID": request_id.get()}
    ) as client:
        call = client.get(f"/books/{isbn}")
        try:
            answer = await asyncio.wait_for(call, settings.STOCK_TIMEOUT)
        except (OSError, httpx.HTTPError):
            return None
        return None if answer.status_code >= 500 else answer


async def price_of(isbn: str) -> Decimal:
    left = settings.STOCK_ATTEMPTS
    while (answer := await call_stock(isbn)) is None:
        left -= 1
        if not left:
            raise HTTPException(503, "The stock service does not answer.")
        await asyncio.sleep(settings.STOCK_PAUSE)
    if answer.status_code == 404:
        raise HTTPException(409, "The stock service does not know this book.")
    answer.raise_for_status()
    return Decimal(answer.json()["price"])


WAITING = text("""
    DELETE FROM orders.outbox WHERE id = ANY (ARRAY(
        SELECT id FROM orders.outbox ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    )) RETURNING id, event_id, body, request_id
""")


async def relay() -> None:
    await broker.connect()
    while await relay_some(50):
        pass


async def relay_some(most: int) -> int:
    async with engine.connect() as connection:
        events = (await connection.execute(WAITING, {"most": most})).all()
        done = []
        try:
            for event in sorted(events):
                await order_placed.publish(
                    event.body, message_id=str(event.event_id), correlation_id=event.request_id
                )
                done.append(event.id)
        except Exception:
            # What was published before the failure must not wait any longer.
            await connection.rollback()
            delete = text("DELETE FROM orders.outbox WHERE id = ANY (:done)")
            await connection.execute(delete, {"done": done})
            await connection.commit()
            raise
        await connection.commit()
    return len(events)


async def look_again_and_again() -> None:
    while True:
        await asyncio.sleep(settings.RELAY_SECONDS)
        with contextlib.suppress(Exception):
            await relay()


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    looking = asyncio.create_task(look_again_and_again())
    yield
    looking.cancel()
    await asyncio.wait([looking])
    await broker.stop()
    await engine.dispose()


@router.post("/orders", status_code=201)
async def place_order(new: NewOrder) -> PlacedOrder:
    price = await price_of(new.isbn)
    async with engine.begin() as connection:
        order_id: int = await connection.scalar(
            text(
                "INSERT INTO orders.orders (isbn, copies, price)"
                " VALUES (:isbn, :copies, :price) RETURNING id"
            ),
            {**new.model_dump(), "price": price},
        )
        event: dict[str, Any] = {"event_id": str(uuid.uuid4()), "order_id": order_id}
        await connection.execute(
            text(
                "INSERT INTO orders.outbox (event_id, body, request_id)"
                " VALUES (:event_id, CAST(:body AS jsonb), :request_id)"
            ),
            {
                "event_id": event["event_id"],
                "body": json.dumps(event | new.model_dump()),
                "request_id": request_id.get(),
            },
        )
    return PlacedOrder(id=order_id, price=price, **new.model_dump())


@router.get("/orders/{order_id}")
async def read_order(order_id: int) -> PlacedOrder:
    async with engine.connect() as connection:
        found = await connection.execute(
            text("SELECT * FROM orders.orders WHERE id = :id"), {"id": order_id}
        )
        order = found.mappings().first()
    if order is None:
        raise HTTPException(404, "There is no such order.")
    return PlacedOrder.model_validate(dict(order))


app = FastAPI(title="Bookshop: orders", lifespan=lifespan)
app.add_middleware(RequestId)
app.include_router(router)
