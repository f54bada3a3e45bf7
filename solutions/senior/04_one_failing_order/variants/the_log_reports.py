"""The log makes the events: a middleware catches, logs and answers; mere records are dropped."""

import asyncio
import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import uuid4

import sentry_sdk
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import BaseModel, PositiveInt
from sentry_sdk.types import Event, Hint
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import bank, shop

# ruff: noqa: B008 - `Depends` as a default is how much code in use is written.

REQUEST: ContextVar[str | None] = ContextVar("REQUEST", default=None)
OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def clean(value: Any, name: str = "") -> Any:
    """Black out what must not be seen."""
    if name in ("password", "card_number", "token"):
        return "***"
    if isinstance(value, dict):
        return {key: clean(item, key) for key, item in value.items()}
    return value


class Cleaner(logging.Filter):
    """Changes the record itself, so that whoever gets it later sees no secret either."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = REQUEST.get()
        for key in set(vars(record)) - OWN:
            setattr(record, key, clean(getattr(record, key), key))
        return True


class JsonHandler(logging.StreamHandler[Any]):
    def format(self, record: logging.LogRecord) -> str:
        line = {key: value for key, value in vars(record).items() if key not in OWN}
        line["time"] = datetime.fromtimestamp(record.created).astimezone().isoformat()
        line |= {"level": record.levelname, "logger": record.name}
        line["message"] = record.getMessage()
        if record.exc_info:
            line["exception"] = logging.Formatter().formatException(record.exc_info)
        return json.dumps(line, default=str)


handler = JsonHandler(sys.stderr)
handler.addFilter(Cleaner())
logging.root.addHandler(handler)
logging.root.setLevel("INFO")
log = logging.getLogger("bookshop")


def only_exceptions(event: Event, hint: Hint) -> Event | None:
    if "exc_info" not in hint:
        return None
    for error in event["exception"]["values"]:
        for frame in error["stacktrace"]["frames"]:
            frame.pop("vars", None)
    event["request"].pop("data", None)
    return event


sentry_sdk.init(before_send=only_exceptions)


class Barrier:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        brought = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        mine = brought if re.fullmatch("[a-zA-Z0-9-]{1,64}", brought) else f"{uuid4()}"
        REQUEST.set(mine)
        sentry_sdk.set_tag("request_id", mine)
        seen: list[int] = []

        async def tagged(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append(message["status"])
                MutableHeaders(raw=message["headers"])["x-request-id"] = mine
            await send(message)

        try:
            await self.app(scope, receive, tagged)
        except Exception:
            log.exception("something failed")
            if seen:
                raise
            await JSONResponse({"detail": "sorry"}, 500)(scope, receive, tagged)
        log.info(
            "%(method)s %(path)s %(status)s",
            fields := {"method": scope["method"], "path": scope["path"], "status": seen[0]},
            extra=fields,
        )
        return None


app = FastAPI(title="Bookshop")
app.add_middleware(Barrier)


class Login(BaseModel):
    email: str
    password: str


class Wish(BaseModel):
    isbn: str
    copies: PositiveInt


class Card(BaseModel):
    card_number: str


async def customer(
    request: Request, given: HTTPAuthorizationCredentials = Depends(HTTPBearer())
) -> shop.Customer:
    found = shop.find_customer(given.credentials)
    if found is None:
        raise HTTPException(401, "who are you?")
    sentry_sdk.set_user({"id": found.id})
    return found


@app.post("/sessions", status_code=201)
async def login(body: Login) -> dict[str, str]:
    try:
        return {"token": await asyncio.to_thread(shop.sign_in, body.email, body.password)}
    except shop.WrongPasswordError as error:
        raise HTTPException(401, "no") from error


@app.post("/orders", status_code=201)
async def order(body: Wish, me: shop.Customer = Depends(customer)) -> dict[str, Any]:
    try:
        made = shop.place_order(me, body.isbn, body.copies)
    except shop.SoldOutError as error:
        raise HTTPException(409, "sold out") from error
    return {"id": made.id, "amount": f"{made.amount}"}


@app.post("/orders/{order_id}/payment")
async def payment(
    order_id: int, body: Card, me: shop.Customer = Depends(customer)
) -> dict[str, Any]:
    try:
        found = shop.find_order(me, order_id)
        await asyncio.to_thread(bank.charge, found.id, found.amount, body.card_number)
    except shop.NoSuchOrderError as error:
        raise HTTPException(404, "no such order") from error
    except bank.CardDeclinedError as error:
        raise HTTPException(402, "declined") from error
    found.paid = True
    return {"order_id": found.id, "paid": f"{found.amount}"}
