"""Writes JSON with a format string, which escapes nothing and leaves the traceback outside.

Fails: test_each_line_of_the_log_is_a_json_object, test_a_line_says_when_who_and_what, test_each_request_has_one_closing_line, test_an_unexpected_error_is_logged_once
"""

import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

import sentry_sdk
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, SecretStr
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Breadcrumb, BreadcrumbHint
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import bank, shop

log = logging.getLogger("bookshop.api")

current_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

SECRETS = frozenset({"password", "card_number", "token"})


def redact(value: Any) -> Any:
    """Give the same data without the secrets in it."""
    if isinstance(value, Mapping):
        return {
            key: "[redacted]" if key in SECRETS else redact(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item) for item in value]
    return value


class JsonFormatter(logging.Formatter):
    """Writes a record as one line: a JSON object, with the extras as fields of their own."""

    own = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        extras = {
            key: value
            for key, value in vars(record).items()
            if key not in self.own and key not in line
        }
        return json.dumps(line | redact(extras), default=str)


def add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = current_request_id.get()
    return True


def configure_logging() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        logging.Formatter(
            '{"time": "%(asctime)s", "level": "%(levelname)s", "logger": "%(name)s", '
            '"message": "%(message)s", "request_id": "%(request_id)s"}',
            "%Y-%m-%dT%H:%M:%S%z",
        )
    )
    # On the handler, not on a logger: a logger's filters do not see its children's records.
    handler.addFilter(add_request_id)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def redact_breadcrumb(crumb: Breadcrumb, _hint: BreadcrumbHint) -> Breadcrumb:
    crumb["data"] = redact(crumb.get("data") or {})
    return crumb


def configure_sentry() -> None:
    """Report to the DSN in SENTRY_DSN; without it, nothing is sent."""
    sentry_sdk.init(
        # Records are breadcrumbs, whatever their level: an event is an exception that nobody
        # has caught, and not what some library logs as an error.
        integrations=[LoggingIntegration(event_level=None)],
        before_breadcrumb=redact_breadcrumb,
        # By default both are sent, with all the secrets in them.
        max_request_body_size="never",
        include_local_variables=False,
    )


class RequestStory:
    """Gives each request an id, and writes down how it ended."""

    allowed = re.compile(r"[A-Za-z0-9-]{1,64}")

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("X-Request-ID", "")
        if not self.allowed.fullmatch(request_id):
            request_id = str(uuid4())
        method, path = scope["method"], scope["path"]
        answered_with: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal answered_with
            if message["type"] == "http.response.start":
                answered_with = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        reset = current_request_id.set(request_id)
        sentry_sdk.set_tag("request_id", request_id)
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            log.exception("%s %s failed", method, path)
            if answered_with is None:
                answer = PlainTextResponse("Internal Server Error", 500)
                await answer(scope, receive, send_with_id)
            raise  # it goes on to Sentry, which stands around the whole app
        finally:
            fields = {"method": method, "path": path, "status": answered_with}
            log.info("%s %s: %s", method, path, answered_with, extra=fields)
            current_request_id.reset(reset)


class SignIn(BaseModel):
    email: str
    password: SecretStr


class SignedIn(BaseModel):
    token: str


class NewOrder(BaseModel):
    isbn: str
    copies: Annotated[int, Field(ge=1)]


class PlacedOrder(BaseModel):
    id: int
    amount: Decimal


class Payment(BaseModel):
    card_number: SecretStr


class Receipt(BaseModel):
    order_id: int
    paid: Decimal


def get_customer(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> shop.Customer:
    customer = shop.find_customer(credentials.credentials)
    if customer is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Sign in.", {"WWW-Authenticate": "Bearer"}
        )
    sentry_sdk.set_user({"id": customer.id})
    return customer


CustomerDep = Annotated[shop.Customer, Depends(get_customer)]


configure_logging()
configure_sentry()

app = FastAPI(title="Bookshop")
app.add_middleware(RequestStory)


@app.post("/sessions", status_code=status.HTTP_201_CREATED)
def sign_in(body: SignIn) -> SignedIn:
    try:
        return SignedIn(token=shop.sign_in(body.email, body.password.get_secret_value()))
    except shop.WrongPasswordError as error:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "This is not right.") from error


@app.post("/orders", status_code=status.HTTP_201_CREATED)
def place_order(new: NewOrder, customer: CustomerDep) -> PlacedOrder:
    try:
        order = shop.place_order(customer, new.isbn, new.copies)
    except shop.SoldOutError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "There are not so many.") from error
    return PlacedOrder(id=order.id, amount=order.amount)


@app.post("/orders/{order_id}/payment")
def pay(order_id: int, payment: Payment, customer: CustomerDep) -> Receipt:
    try:
        order = shop.find_order(customer, order_id)
        bank.charge(order.id, order.amount, payment.card_number.get_secret_value())
    except shop.NoSuchOrderError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such order.") from error
    except bank.CardDeclinedError as error:
        raise HTTPException(status.HTTP_402_PAYMENT_REQUIRED, "The card is declined.") from error
    order.paid = True
    return Receipt(order_id=order.id, paid=order.amount)
