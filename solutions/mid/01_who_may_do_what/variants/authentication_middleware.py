"""Starlette's AuthenticationMiddleware finds out who asks; guarded routers decide what they may."""

from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import BaseModel, PositiveInt
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    BaseUser,
    UnauthenticatedUser,
)
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection

from . import people, shop


class Account(BaseUser):
    def __init__(self, account: people.Account) -> None:
        self.account = account

    @property
    def is_authenticated(self) -> bool:
        return True


class Sessions(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        scheme, _, token = conn.headers.get("Authorization", "").partition(" ")
        account = people.find_account(token)
        if scheme.lower() != "bearer" or account is None:
            return None
        return AuthCredentials([account.role]), Account(account)


documented = HTTPBearer(auto_error=False)


def only(*roles: str) -> Callable[..., Awaitable[people.Account]]:
    async def check(
        request: Request, _sent: Annotated[object, Depends(documented)]
    ) -> people.Account:
        if isinstance(request.user, UnauthenticatedUser):
            raise HTTPException(401, "Log in.", {"WWW-Authenticate": "Bearer"})
        if not set(roles) & set(request.auth.scopes):
            raise HTTPException(403, f"This is for {' and '.join(roles)} only.")
        account: people.Account = request.user.account
        return account

    return check


STAFF = ("clerk", "manager")
anybody, staff = only("customer", *STAFF), only(*STAFF)
Me = Annotated[people.Account, Depends(anybody)]


class NewOrder(BaseModel):
    isbn: str
    copies: PositiveInt


class Stock(BaseModel):
    isbn: str
    copies: int
    partner: str


def stored(order_id: Annotated[int, Path()]) -> shop.Order:
    if order_id not in shop.orders:
        raise HTTPException(404, "No such order.")
    return shop.orders[order_id]


def visible(me: Me, order_id: int) -> shop.Order:
    order = stored(order_id)
    if me.role not in STAFF and me.id != order.customer_id:
        raise HTTPException(404, "No such order.")
    return order


accounts = APIRouter(dependencies=[Depends(anybody)])
back_office = APIRouter(dependencies=[Depends(staff)])
partners = APIRouter()


@accounts.get("/me")
def who_am_i(me: Me) -> people.Account:
    return me


@accounts.get("/orders")
def my_orders(me: Me) -> list[shop.Order]:
    return [
        order for order in shop.orders.values() if me.role in STAFF or order.customer_id == me.id
    ]


@accounts.post("/orders", status_code=201)
def order_a_book(
    me: Annotated[people.Account, Depends(only("customer"))], new: NewOrder
) -> shop.Order:
    return shop.place_order(me.id, new.isbn, new.copies)


@accounts.get("/orders/{order_id}")
def one_order(order: Annotated[shop.Order, Depends(visible)]) -> shop.Order:
    return order


@accounts.delete("/orders/{order_id}", status_code=204)
def take_back(me: Me, order: Annotated[shop.Order, Depends(visible)]) -> None:
    if me.role == "clerk":
        raise HTTPException(403, "Ask a manager.")
    shop.orders.pop(order.id)


@back_office.post("/orders/{order_id}/ship")
def ship(order: Annotated[shop.Order, Depends(stored)]) -> shop.Order:
    order.shipped = True
    return order


@partners.get("/stock/{isbn}")
def copies_of(isbn: str, key: Annotated[str, Depends(APIKeyHeader(name="X-API-Key"))]) -> Stock:
    name = None
    for partner in people.partners:
        if key.isascii() and compare_digest(key, partner.key):
            name = partner.name
    if name is None:
        raise HTTPException(401, "No partner has this key.", {"WWW-Authenticate": "APIKey"})
    if (copies := shop.stock.get(isbn)) is None:
        raise HTTPException(404, "No such book.")
    return Stock(isbn=isbn, copies=copies, partner=name)


app = FastAPI()
app.add_middleware(AuthenticationMiddleware, backend=Sessions())
for router in (accounts, back_office, partners):
    app.include_router(router)


@app.get("/books")
def list_books() -> list[shop.Book]:
    return shop.books
