"""One ASGI middleware around the whole app, outside even of what answers unexpected errors."""

import logging
import re
import uuid
from collections.abc import AsyncIterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .clock import now
from .gate import Gate
from .languages import choose, say
from .logs import handler
from .warehouse import count, export

log = logging.getLogger("bookshop.front_desk")


@dataclass(frozen=True)
class Ticket:
    """What is known about a request: its id, and when it came."""

    request_id: str
    came: float


current: ContextVar[Ticket | None] = ContextVar("current", default=None)


class IdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        ticket = current.get()
        record.request_id = ticket.request_id if ticket else "-"
        return True


handler.addFilter(IdFilter())


class Counter:
    """Hands a ticket to each request, and writes it on the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        is_fine = re.fullmatch(r"[\w.-]{1,64}", sent, re.ASCII)
        ticket = Ticket(sent if is_fine else uuid.uuid4().hex, now())
        current.set(ticket)

        async def send_stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = f"{now() - ticket.came:.3f}"
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", ticket.request_id.encode()),
                    (b"x-process-time", seconds.encode()),
                ]
            await send(message)

        try:
            await self.app(scope, receive, send_stamped)
        except Exception:
            log.exception("unexpected error")
            raise


class FrontDesk(FastAPI):
    """An app whose answers are stamped, whoever in it makes them."""

    def build_middleware_stack(self) -> ASGIApp:
        return Counter(super().build_middleware_stack())


class CsvResponse(StreamingResponse):
    media_type = "text/csv"


class LocaleChooser:
    """A dependency that is an object: it writes the language on the answer as well."""

    def __call__(self, response: Response, accept_language: Annotated[str, Header()] = "en") -> str:
        locale = choose(accept_language)
        response.headers.update({"content-language": locale, "vary": "accept-language"})
        return locale


get_locale = LocaleChooser()
router = APIRouter()


@router.get("/greeting")
def greet(locale: Annotated[str, Depends(get_locale)]) -> dict[str, str]:
    return {"greeting": say("greeting", locale)}


@router.get("/stock/{book_id}", response_model=None)
async def read_stock(book_id: int, locale: Annotated[str, Depends(get_locale)]) -> JSONResponse:
    ticket = current.get()
    copies = await count(book_id, ticket.request_id if ticket else "-")
    if copies is None:
        return JSONResponse({"detail": "unknown book"}, 404)
    note = say("sold out" if copies == 0 else "in stock", locale)
    # A response that a handler makes itself does not get the headers of the injected one.
    headers = {"Content-Language": locale, "Vary": "Accept-Language"}
    return JSONResponse({"book_id": book_id, "copies": copies, "note": note}, headers=headers)


@router.get("/stock.csv", response_class=CsvResponse)
async def export_stock() -> AsyncIterator[str]:
    async for line in export():
        yield line


app = FrontDesk(middleware=[Middleware(Gate)])
app.include_router(router)
