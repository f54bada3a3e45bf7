"""Lists the middleware in the constructor; the innermost one turns an exception into a 500."""

import logging

from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .shop import ClosedSign, router

logger = logging.getLogger(__name__)


class CrashBarrier:
    """Answers an exception inside of the CORS middleware, so that the 500 passes through it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if begun or scope["type"] != "http":
                raise
            logger.exception("An exception that nobody expected")
            answer = JSONResponse({"detail": "Internal Server Error"}, 500)
            await answer(scope, receive, send)


ANY_FRONT = r"https://(?:(?:till|pr-[0-9]+)[.])?bookshop[.]example"

app = FastAPI(
    title="Bookshop",
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origin_regex=ANY_FRONT,
            allow_credentials=True,
            allow_methods=("GET", "POST", "PATCH"),
            allow_headers=("content-type", "idempotency-key"),
            expose_headers=("location", "retry-after", "x-total-count", "x-request-id"),
            max_age=3600,
        ),
        Middleware(ClosedSign),
        Middleware(CrashBarrier),
    ],
)
app.include_router(router)
