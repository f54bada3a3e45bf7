"""Settings read by hand, psycopg without SQLAlchemy, and routes added one by one."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import uvicorn
from fastapi import Body, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from psycopg.rows import dict_row


@dataclass(frozen=True)
class Settings:
    conninfo: str
    max_copies: int
    ready_timeout: float


def read_settings() -> Settings:
    """Read the environment; raises one ValueError that names whatever is wrong."""
    wrong = []
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith(("postgresql://", "postgresql+psycopg://")):
        wrong.append("DATABASE_URL should be set, and begin with postgresql+psycopg://")
    copies = os.environ.get("MAX_COPIES", "20")
    if not (copies.isdecimal() and 1 <= int(copies) <= 999):
        wrong.append(f"MAX_COPIES should be from 1 to 999, and is {copies!r}")
    seconds = os.environ.get("READY_TIMEOUT", "1")
    try:
        timeout = float(seconds)
    except ValueError:
        timeout = 0
    if not 0 < timeout <= 30:
        wrong.append(f"READY_TIMEOUT should be above 0 and at most 30, and is {seconds!r}")
    if wrong:
        raise ValueError("; ".join(wrong))
    return Settings(url.replace("+psycopg", "", 1), int(copies), timeout)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.settings = read_settings()
    yield


async def ask(app: FastAPI, query: str, *values: object) -> dict[str, Any] | None:
    """Run one statement on a connection of its own, and return its first row."""
    conninfo = app.state.settings.conninfo
    async with (
        await psycopg.AsyncConnection.connect(conninfo, row_factory=dict_row) as connection,
        await connection.execute(query, values) as cursor,
    ):
        return await cursor.fetchone()


async def livez() -> PlainTextResponse:
    return PlainTextResponse("ok")


async def readyz(request: Request) -> PlainTextResponse:
    settings = request.app.state.settings
    try:
        await asyncio.wait_for(ask(request.app, "SELECT 1"), settings.ready_timeout)
    except (psycopg.Error, TimeoutError):
        return PlainTextResponse("no database", 503, {"Retry-After": "5"})
    return PlainTextResponse("ok")


async def place(request: Request, isbn: str = Body(), copies: int = Body(ge=1)) -> JSONResponse:
    if copies > request.app.state.settings.max_copies:
        raise HTTPException(422, "So many copies are too many.")
    insert = "INSERT INTO orders (isbn, copies) VALUES (%s, %s) RETURNING id, isbn, copies"
    return JSONResponse(await ask(request.app, insert, isbn, copies), 201)


async def read(request: Request, order_id: int) -> JSONResponse:
    row = await ask(request.app, "SELECT id, isbn, copies FROM orders WHERE id = %s", order_id)
    if row is None:
        raise HTTPException(404, "There is no such order.")
    return JSONResponse(row)


app = FastAPI(lifespan=lifespan)
app.add_api_route("/livez", livez)
app.add_api_route("/readyz", readyz)
app.add_api_route("/orders", place, methods=["POST"])
app.add_api_route("/orders/{order_id}", read)

if __name__ == "__main__":
    uvicorn.run(
        app,
        host="0.0.0.0",  # noqa: S104
        port=int(os.environ.get("PORT", "8000")),
    )
