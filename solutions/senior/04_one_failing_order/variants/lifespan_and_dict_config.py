"""Sentry begins in the lifespan, logging is a dictionary, the 500 comes from a handler."""

import json
import logging
import logging.config
import string
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any
from uuid import uuid4

import sentry_sdk
from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from . import bank, shop

NEVER_SHOWN = ("password", "card_number", "token")
ID_LETTERS = set(string.ascii_letters + string.digits + "-")

request_id_of_now: ContextVar[str] = ContextVar("request_id_of_now")


def without_secrets(data: Any) -> Any:
    if isinstance(data, dict):
        return {k: without_secrets(v) for k, v in data.items() if k not in NEVER_SHOWN}
    if isinstance(data, list):
        return [without_secrets(v) for v in data]
    return data


class Lines(logging.Formatter):
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d+00:00"
    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        nothing = logging.LogRecord("", 0, "", 0, "", None, None)
        fields: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id_of_now.get(None),
        }
        for key in vars(record).keys() - vars(nothing).keys() - {"message", "asctime"}:
            fields.setdefault(key, getattr(record, key))
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(without_secrets(fields), default=repr_of, ensure_ascii=False)


def repr_of(value: object) -> str:
    return str(value)


logging.config.dictConfig(
    {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"level": "INFO", "handlers": ["out"]},
    }
)


def before_send(event: Event, hint: Hint) -> Event | None:
    return without_secrets(event)  # type: ignore[no-any-return]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    sentry_sdk.init(
        integrations=[LoggingIntegration(event_level=None)],
        data_collection={"http_bodies": [], "stack_frame_variables": False, "user_info": False},
        before_send=before_send,
    )
    yield


app = FastAPI(lifespan=lifespan)
access = logging.getLogger("access")


@app.middleware("http")
async def follow(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    brought = request.headers.get("x-request-id", "")
    good = 0 < len(brought) <= 64 and set(brought) <= ID_LETTERS
    request.state.id = brought if good else uuid4().hex
    request_id_of_now.set(request.state.id)
    sentry_sdk.get_isolation_scope().set_tag("request_id", request.state.id)
    status = 500
    try:
        response = await call_next(request)
        status = response.status_code
        response.headers["X-Request-ID"] = request.state.id
        return response
    finally:
        access.info(
            "answered",
            extra={"method": request.method, "path": request.url.path, "status": status},
        )


@app.exception_handler(Exception)
async def unexpected(request: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("unexpected", exc_info=error)
    headers = {"X-Request-ID": request.state.id}
    return JSONResponse({"detail": "Something went wrong."}, 500, headers)


def signed_in(
    bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> shop.Customer:
    if found := shop.find_customer(bearer.credentials):
        sentry_sdk.get_isolation_scope().set_user({"id": str(found.id)})
        return found
    raise HTTPException(401)


Me = Annotated[shop.Customer, Depends(signed_in)]


@app.post("/sessions", status_code=201)
def new_session(email: Annotated[str, Body()], password: Annotated[str, Body()]) -> dict[str, str]:
    try:
        return {"token": shop.sign_in(email, password)}
    except shop.WrongPasswordError:
        raise HTTPException(401) from None


@app.post("/orders", status_code=201)
def new_order(
    isbn: Annotated[str, Body()], copies: Annotated[int, Body(ge=1)], me: Me
) -> dict[str, Any]:
    try:
        order = shop.place_order(me, isbn, copies)
    except shop.SoldOutError:
        raise HTTPException(409) from None
    return {"id": order.id, "amount": str(order.amount)}


@app.post("/orders/{order_id}/payment")
def new_payment(
    order_id: int, card_number: Annotated[str, Body(embed=True)], me: Me
) -> dict[str, Any]:
    try:
        order = shop.find_order(me, order_id)
    except shop.NoSuchOrderError:
        raise HTTPException(404) from None
    try:
        bank.charge(order.id, order.amount, card_number)
    except bank.CardDeclinedError:
        raise HTTPException(402) from None
    order.paid = True
    return {"order_id": order.id, "paid": str(order.amount)}
