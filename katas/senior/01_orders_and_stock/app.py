"""The orders service of the bookshop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

from fastapi import FastAPI, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from . import settings
from .tables import Order

engine = create_async_engine(settings.DATABASE_URL)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class NewOrder(BaseModel):
    """An order as a client sends it."""

    isbn: Annotated[str, Field(pattern=r"^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1, le=999)]


class PlacedOrder(NewOrder):
    """An order as it is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    price: Decimal


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Hold what the app needs as long as it is up."""
    yield
    await engine.dispose()


app = FastAPI(title="Bookshop: orders", lifespan=lifespan)


@app.get("/orders/{order_id}", response_model=PlacedOrder)
async def read_order(order_id: int) -> Order:
    """Give one order."""
    async with sessions() as session:
        order = await session.get(Order, order_id)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return order


# Build here:
#   POST /orders   ask the stock service for the price, then write the order and its event
#   relay()        publish the events that wait in the outbox
#   the lifespan   calls relay() every settings.RELAY_SECONDS, and leaves no connection open
