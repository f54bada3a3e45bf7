from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from . import books, office, orders, reviews
from .settings import Settings
from .store import SoldOutError, Store


class State(TypedDict):
    settings: Settings
    store: Store


def create_app(settings: Settings | None = None) -> FastAPI:
    state: State = {"settings": settings or Settings(), "store": Store()}

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
        yield state

    app = FastAPI(
        title=state["settings"].title,
        version="1.4.0",
        lifespan=lifespan,
        exception_handlers={SoldOutError: answer_sold_out},
    )
    for section in (books, reviews, orders, office):
        app.include_router(section.router)
    return app


async def answer_sold_out(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=409)
