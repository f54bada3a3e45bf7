"""Begins to measure behind the gate.

Fails: test_the_time_is_measured
"""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, HTTPException, Response, status
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import clock, languages, logs, warehouse
from .gate import Gate

log = logging.getLogger("bookshop.errors")

current_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = current_request_id.get()
    return True


logs.handler.addFilter(add_request_id)


def with_header(send: Send, name: str, value: Callable[[], str]) -> Send:
    """Wrap `send`, so that it sets one header when the answer begins."""

    async def send_with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            MutableHeaders(scope=message)[name] = value()
        await send(message)

    return send_with_header


class RequestIdMiddleware:
    """Gives each request an id, for the handler, the log and the answer."""

    allowed = re.compile(r"[A-Za-z0-9._-]{1,64}")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("X-Request-ID", "")
        if not self.allowed.fullmatch(request_id):
            request_id = str(uuid4())
        token = current_request_id.set(request_id)
        try:
            await self.app(scope, receive, with_header(send, "X-Request-ID", lambda: request_id))
        finally:
            current_request_id.reset(token)


class TimingMiddleware:
    """Tells in a header how long it took until the answer began."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        came = clock.now()
        timed = with_header(send, "X-Process-Time", lambda: f"{clock.now() - came:.6f}")
        await self.app(scope, receive, timed)


class ErrorMiddleware:
    """Logs an unexpected error and answers 500, where the middlewares around it see the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def watch(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if not has_begun:
                answer = JSONResponse({"detail": "Internal Server Error"}, 500)
                await answer(scope, receive, send)
            raise


def get_request_id() -> str:
    return current_request_id.get()


def get_locale(response: Response, accept_language: Annotated[str | None, Header()] = None) -> str:
    locale = languages.choose(accept_language)
    response.headers["Content-Language"] = locale
    response.headers["Vary"] = "Accept-Language"
    return locale


RequestId = Annotated[str, Depends(get_request_id)]
Locale = Annotated[str, Depends(get_locale)]


class Greeting(BaseModel):
    greeting: str


class Stock(BaseModel):
    book_id: int
    copies: int
    note: str


app = FastAPI(title="Front desk")

app.add_middleware(TimingMiddleware)
app.add_middleware(Gate)
app.add_middleware(ErrorMiddleware)
app.add_middleware(RequestIdMiddleware)


@app.get("/greeting")
async def greet(locale: Locale) -> Greeting:
    return Greeting(greeting=languages.say("greeting", locale))


@app.get("/stock/{book_id}")
async def read_stock(book_id: int, locale: Locale, request_id: RequestId) -> Stock:
    copies = await warehouse.count(book_id, request_id)
    if copies is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}.")
    note = languages.say("in stock" if copies else "sold out", locale)
    return Stock(book_id=book_id, copies=copies, note=note)


@app.get("/stock.csv", response_class=StreamingResponse)
async def export_stock() -> StreamingResponse:
    return StreamingResponse(warehouse.export(), media_type="text/csv")
