"""Permissions as security scopes, a class as dependency, routes added to routers by hand."""

import hmac
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Response, Security
from fastapi.security import (
    APIKeyHeader,
    HTTPAuthorizationCredentials,
    HTTPBearer,
    SecurityScopes,
)
from pydantic import BaseModel, ConfigDict, Field

from .people import Account, Partner, find_account, partners
from .shop import Book, Order, books, orders, place_order, stock

PERMISSIONS = {
    "customer": {"orders:place", "orders:delete-own"},
    "clerk": {"orders:see-all", "orders:ship"},
    "manager": {"orders:see-all", "orders:ship", "orders:delete-all"},
}

token_scheme = HTTPBearer(scheme_name="session", auto_error=False)
key_scheme = APIKeyHeader(name="x-api-key", scheme_name="partner", auto_error=False)


class Unknown(HTTPException):
    def __init__(self, challenge: str) -> None:
        super().__init__(401, "Who are you?", {"WWW-Authenticate": challenge})


class Caller:
    """The account that asks, with the permissions that its role gives."""

    def __init__(
        self,
        scopes: SecurityScopes,
        sent: Annotated[HTTPAuthorizationCredentials | None, Security(token_scheme)],
    ) -> None:
        account = find_account(sent.credentials) if sent else None
        if account is None:
            raise Unknown('Bearer realm="bookshop", error="invalid_token"')
        self.account = account
        self.permissions = PERMISSIONS[account.role]
        if not self.permissions.issuperset(scopes.scopes):
            raise HTTPException(403, "This needs another role.")

    def can(self, permission: str) -> bool:
        return permission in self.permissions

    def sees(self, order: Order) -> bool:
        return order.customer_id == self.account.id or self.can("orders:see-all")


class NewOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    isbn: str
    copies: Annotated[int, Field(gt=0)]


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


async def partner_of(key: Annotated[str | None, Security(key_scheme)]) -> Partner:
    sent = digest(key or "")
    found = [partner for partner in partners if hmac.compare_digest(digest(partner.key), sent)]
    if not found:
        raise Unknown("APIKey")
    return found[0]


AnyCaller = Annotated[Caller, Security(Caller)]


def seen_by(caller: Caller, order_id: int) -> Order:
    order = orders.get(order_id)
    if not order or not caller.sees(order):
        raise HTTPException(404)
    return order


async def list_books() -> list[Book]:
    return books


async def me(caller: AnyCaller) -> Account:
    return caller.account


async def place(
    caller: Annotated[Caller, Security(Caller, scopes=["orders:place"])], new: NewOrder
) -> Order:
    return place_order(caller.account.id, **new.model_dump())


async def list_orders(caller: AnyCaller) -> list[Order]:
    return [order for order in orders.values() if caller.sees(order)]


async def read(order_id: int, caller: AnyCaller) -> Order:
    return seen_by(caller, order_id)


async def delete(order_id: int, caller: AnyCaller) -> Response:
    order = seen_by(caller, order_id)
    own = order.customer_id == caller.account.id and caller.can("orders:delete-own")
    if not own and not caller.can("orders:delete-all"):
        raise HTTPException(403, "Ask a manager.")
    del orders[order_id]
    return Response(status_code=204)


async def ship(
    order_id: int, caller: Annotated[Caller, Security(Caller, scopes=["orders:ship"])]
) -> Order:
    order = seen_by(caller, order_id)
    order.shipped = True
    return order


async def read_stock(isbn: str, partner: Annotated[Partner, Security(partner_of)]) -> object:
    if isbn not in stock:
        raise HTTPException(404)
    return {"isbn": isbn, "copies": stock[isbn], "partner": partner.name}


order_pages = APIRouter(prefix="/orders")
order_pages.add_api_route("", place, methods=["POST"], status_code=201)
order_pages.add_api_route("", list_orders)
order_pages.add_api_route("/{order_id}", read)
order_pages.add_api_route("/{order_id}", delete, methods=["DELETE"], status_code=204)
order_pages.add_api_route("/{order_id}/ship", ship, methods=["POST"])

app = FastAPI()
app.add_api_route("/books", list_books)
app.add_api_route("/me", me)
app.add_api_route("/stock/{isbn}", read_stock)
app.include_router(order_pages)
