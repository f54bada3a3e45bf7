"""Is built on @app.middleware("http"), which ends a broken stream as if it were whole.

Fails: test_a_broken_export_is_not_ended
"""

import logging
import string
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from secrets import token_hex
from typing import Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from . import clock, gate, languages, warehouse

ALLOWED = set(string.ascii_letters + string.digits + "._-")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
make_record = logging.getLogRecordFactory()


def make_record_with_id(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = make_record(*args, **kwargs)
    record.request_id = request_id.get()
    return record


logging.setLogRecordFactory(make_record_with_id)

app = FastAPI()
app.add_middleware(gate.Gate)


def stamp(request: Request, response: Response) -> Response:
    response.headers["X-Request-ID"] = request.state.request_id
    response.headers["X-Process-Time"] = str(clock.now() - request.state.came)
    return response


@app.middleware("http")
async def identify_and_time(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    request.state.came = clock.now()
    sent = request.headers.get("X-Request-ID", "")
    is_fine = 1 <= len(sent) <= 64 and ALLOWED.issuperset(sent)
    request.state.request_id = sent if is_fine else token_hex(16)
    # It is not taken back afterwards: the handler below runs later, in the same context.
    request_id.set(request.state.request_id)
    return stamp(request, await call_next(request))


@app.exception_handler(Exception)
async def answer_unexpected_error(request: Request, error: Exception) -> Response:
    logging.getLogger("bookshop").error("unexpected error", exc_info=error)
    return stamp(request, PlainTextResponse("Something went wrong.", status_code=500))


def get_locale(accept_language: str | None = Header(default=None)) -> str:
    return languages.choose(accept_language)


def describe_language(response: Response, locale: str = Depends(get_locale)) -> None:
    response.headers["Content-Language"] = locale
    response.headers["Vary"] = "Accept-Language"


@app.get("/greeting", dependencies=[Depends(describe_language)])
def greet(locale: str = Depends(get_locale)) -> dict[str, str]:
    return {"greeting": languages.say("greeting", locale)}


@app.get("/stock/{book_id}", dependencies=[Depends(describe_language)])
async def read_stock(
    request: Request, book_id: int, locale: str = Depends(get_locale)
) -> dict[str, Any]:
    copies = await warehouse.count(book_id, request.state.request_id)
    if copies is None:
        raise HTTPException(404)
    note = languages.say("in stock" if copies > 0 else "sold out", locale)
    return {"book_id": book_id, "copies": copies, "note": note}


@app.get("/stock.csv")
async def export_stock() -> StreamingResponse:
    return StreamingResponse(warehouse.export(), headers={"Content-Type": "text/csv"})
