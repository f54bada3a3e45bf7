"""Takes it that a connection which was good still is: after a restart the next request fails.

Fails: test_it_is_ready_while_the_database_answers
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, status
from pydantic import AnyUrl, BaseModel, Field, UrlConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# Pydantic's PostgresDsn also takes addresses for drivers that are not installed here.
DatabaseUrl = Annotated[
    AnyUrl,
    UrlConstraints(allowed_schemes=["postgresql", "postgresql+psycopg"], host_required=True),
]


class Settings(BaseSettings):
    # What was refused may be a password, so that an error must not repeat it.
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: Annotated[DatabaseUrl, Field(repr=False)]
    max_copies: Annotated[int, Field(ge=1, le=999)] = 20
    ready_timeout: Annotated[float, Field(gt=0, le=30)] = 1.0
    port: Annotated[int, Field(ge=1, le=65535)] = 8000


class State(TypedDict):
    settings: Settings
    engine: AsyncEngine


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    settings = Settings()  # type: ignore[call-arg]  # they come from the environment
    # This connects to nothing yet, so the app also starts while the database is away.
    engine = create_async_engine(str(settings.database_url))
    try:
        yield {"settings": settings, "engine": engine}
    finally:
        await engine.dispose()


def get_settings(request: Request) -> Settings:
    settings: Settings = request.state.settings
    return settings


def get_engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.state.engine
    return engine


SettingsDep = Annotated[Settings, Depends(get_settings)]
EngineDep = Annotated[AsyncEngine, Depends(get_engine)]

app = FastAPI(title="Bookshop orders", lifespan=lifespan)


class NewOrder(BaseModel):
    isbn: str
    copies: Annotated[int, Field(ge=1)]


class Order(BaseModel):
    id: int
    isbn: str
    copies: int


async def ping(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def answers(engine: AsyncEngine, seconds: float) -> bool:
    """Whether the database answers in time.

    `asyncio.timeout` would come too late: psycopg, when it is cancelled in a query, asks the
    database to stop it, and waits for the answer of a database that does not answer.
    """
    asked = asyncio.create_task(ping(engine))
    try:
        await asyncio.wait({asked}, timeout=seconds)
        return asked.done() and not asked.exception()
    finally:
        asked.cancel()


@app.get("/livez", include_in_schema=False)
async def is_alive() -> dict[str, str]:
    return {"status": "alive"}


@app.get("/readyz", include_in_schema=False)
async def is_ready(settings: SettingsDep, engine: EngineDep) -> dict[str, str]:
    if not await answers(engine, settings.ready_timeout):
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, "The database does not answer.")
    return {"status": "ready"}


@app.post("/orders", status_code=status.HTTP_201_CREATED)
async def place_order(new: NewOrder, settings: SettingsDep, engine: EngineDep) -> Order:
    if new.copies > settings.max_copies:
        raise HTTPException(
            status.HTTP_422_UNPROCESSABLE_CONTENT,
            f"An order may have {settings.max_copies} copies at most.",
        )
    insert = text("INSERT INTO orders (isbn, copies) VALUES (:isbn, :copies) RETURNING id")
    async with engine.begin() as connection:
        order_id = await connection.scalar(insert, new.model_dump())
    return Order(id=order_id, isbn=new.isbn, copies=new.copies)


@app.get("/orders/{order_id}")
async def read_order(order_id: int, engine: EngineDep) -> Order:
    select = text("SELECT id, isbn, copies FROM orders WHERE id = :id")
    async with engine.connect() as connection:
        row = (await connection.execute(select, {"id": order_id})).mappings().first()
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return Order(**row)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104 - in a container, nobody could reach 127.0.0.1 from outside
        port=Settings().port,  # type: ignore[call-arg]
        timeout_graceful_shutdown=20,
    )
