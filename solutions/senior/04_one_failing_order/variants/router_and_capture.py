"""A factory with a router; domain errors have handlers, and the middleware itself tells Sentry."""

import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

import sentry_sdk
from fastapi import APIRouter, Body, Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import bank, shop

current: ContextVar[dict[str, str] | None] = ContextVar("current", default=None)
make_record = logging.getLogRecordFactory()
known = set(vars(logging.makeLogRecord({})))


def make_record_of_request(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = make_record(*args, **kwargs)
    record.__dict__.update(current.get() or {})
    return record


def line_of(record: logging.LogRecord) -> str:
    def hide(name: str, value: Any) -> Any:
        if name in {"password", "token", "card_number"}:
            return None
        return {k: hide(k, v) for k, v in value.items()} if isinstance(value, dict) else value

    def plain(value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else repr(value)

    line = {
        "time": datetime.now(UTC).isoformat(),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    line |= {name: hide(name, value) for name, value in vars(record).items() if name not in known}
    if record.exc_info:
        line["exception"] = "".join(traceback.format_exception(record.exc_info[1]))
    return json.dumps(line, default=plain)


class Out(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(line_of(record) + "\n")
        sys.stdout.flush()


def set_up() -> None:
    logging.setLogRecordFactory(make_record_of_request)
    for name in ("bookshop", "kata"):
        logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger(name).addHandler(Out())
        logging.getLogger(name).propagate = False
    sentry_sdk.init(
        auto_enabling_integrations=False,
        integrations=[
            StarletteIntegration(failed_request_status_codes=set()),
            FastApiIntegration(failed_request_status_codes=set()),
            LoggingIntegration(level=logging.INFO, event_level=None),
        ],
        include_local_variables=False,
        event_scrubber=EventScrubber([*DEFAULT_DENYLIST, "card_number"], recursive=True),
    )


class Story:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        id_ = request.headers.get("x-request-id", "")
        if not re.fullmatch(r"[A-Za-z\d\-]{1,64}", id_, re.ASCII):
            id_ = uuid4().hex
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", id_.encode())]
            await send(message)

        before = current.set({"request_id": id_})
        scope_of_sentry = sentry_sdk.get_isolation_scope()
        scope_of_sentry.set_tag("request_id", id_)
        try:
            await self.app(scope, receive, send_on)
        except Exception as error:
            logging.getLogger("bookshop.errors").critical("unexpected", exc_info=True)
            sentry_sdk.capture_exception(error)
            if status:
                raise
            await Response(status_code=500)(scope, receive, send_on)
        finally:
            logging.getLogger("bookshop.access").info(
                "done", extra={"method": request.method, "path": scope["path"], "status": status}
            )
            current.reset(before)


class Order(BaseModel):
    isbn: str
    copies: int

    def checked(self) -> "Order":
        if self.copies < 1:
            raise HTTPException(422, "at least one")
        return self


class Customers:
    """A dependency that is a class."""

    def __init__(self, authorization: Annotated[str | None, Header()] = None) -> None:
        found = shop.find_customer((authorization or "").removeprefix("Bearer "))
        if found is None:
            raise HTTPException(401)
        self.me = found
        sentry_sdk.get_isolation_scope().set_user({"id": self.me.id})


router = APIRouter(prefix="/orders")


@router.post("")
def place(wish: Order, customers: Annotated[Customers, Depends()], response: Response) -> Any:
    wish.checked()
    order = shop.place_order(customers.me, wish.isbn, wish.copies)
    response.status_code = 201
    return {"id": order.id, "amount": order.amount}


@router.post("/{order_id}/payment")
def pay(
    order_id: int,
    card_number: Annotated[str, Body(embed=True)],
    customers: Annotated[Customers, Depends()],
) -> Any:
    order = shop.find_order(customers.me, order_id)
    bank.charge(order.id, order.amount, card_number)
    order.paid = True
    return {"order_id": order_id, "paid": order.amount}


async def sign_in(email: Annotated[str, Body()], password: Annotated[str, Body()]) -> Any:
    return {"token": shop.sign_in(email, password)}


def create_app() -> FastAPI:
    set_up()
    made = FastAPI()
    made.add_middleware(Story)
    made.include_router(router)
    made.add_api_route("/sessions", sign_in, methods=["POST"], status_code=201)
    for kind, status in (
        (shop.WrongPasswordError, HTTPStatus.UNAUTHORIZED),
        (shop.SoldOutError, HTTPStatus.CONFLICT),
        (shop.NoSuchOrderError, HTTPStatus.NOT_FOUND),
        (bank.CardDeclinedError, HTTPStatus.PAYMENT_REQUIRED),
    ):

        async def refuse(_request: Request, _error: Exception, status: int = status) -> Response:
            return Response(status_code=status)

        made.add_exception_handler(kind, refuse)
    return made


app = create_app()
