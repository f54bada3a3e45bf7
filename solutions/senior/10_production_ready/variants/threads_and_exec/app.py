"""Blocking connections in threads, settings at import, and a shell that the server replaces."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio.to_thread
from fastapi import APIRouter, FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError


class Settings(BaseSettings, hide_input_in_errors=True):
    database_url: SecretStr
    max_copies: int = Field(default=20, gt=0, lt=1000)
    ready_timeout: float = Field(default=1, gt=0, le=30)

    @field_validator("database_url")
    @classmethod
    def is_postgresql(cls, url: SecretStr) -> SecretStr:
        scheme, separator, _ = url.get_secret_value().partition("://")
        if not separator or scheme not in ("postgresql", "postgresql+psycopg"):
            raise ValueError("should begin with postgresql+psycopg://")
        return url


settings = Settings()  # type: ignore[call-arg]
engine = create_engine(settings.database_url.get_secret_value(), pool_pre_ping=True)


class NewOrder(BaseModel):
    isbn: str
    copies: int = Field(ge=1, le=settings.max_copies)


class Order(NewOrder):
    model_config = ConfigDict(from_attributes=True)

    id: int
    copies: int


class Health(BaseModel):
    status: Literal["ok", "the database does not answer"] = "ok"


health = APIRouter(tags=["health"])
orders = APIRouter(prefix="/orders")


@health.get("/livez")
def livez() -> Health:
    return Health()


def ping() -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))


@health.get("/readyz")
async def readyz(response: Response) -> Health:
    try:
        with anyio.fail_after(settings.ready_timeout):
            # A thread cannot be stopped: nobody waits for it any longer.
            await anyio.to_thread.run_sync(ping, abandon_on_cancel=True)
    except (SQLAlchemyError, TimeoutError):
        response.status_code = 503
        return Health(status="the database does not answer")
    return Health()


@orders.post("", status_code=201, response_model=Order)
def place_order(new: NewOrder) -> Any:
    insert = text("INSERT INTO orders (isbn, copies) VALUES (:isbn, :copies) RETURNING *")
    with engine.begin() as connection:
        return connection.execute(insert, new.model_dump()).one()


@orders.get("/{order_id}", response_model=Order)
def read_order(order_id: int) -> Any:
    with engine.connect() as connection:
        select = text("SELECT * FROM orders WHERE id = :id")
        row = connection.execute(select, {"id": order_id}).one_or_none()
    if row is None:
        raise HTTPException(404)
    return row


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    engine.dispose()


app = FastAPI(lifespan=lifespan)
app.include_router(health)
app.include_router(orders)
