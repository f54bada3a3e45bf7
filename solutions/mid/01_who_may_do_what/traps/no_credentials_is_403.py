"""Answers 403 when there is no token, as if it knew who asks.

Fails: test_without_a_token_it_is_401
"""

from collections.abc import Callable
from secrets import compare_digest
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from . import people, shop


class NewOrder(BaseModel):
    isbn: str
    copies: Annotated[int, Field(ge=1)]


class Stock(BaseModel):
    isbn: str
    copies: int
    partner: str


bearer = HTTPBearer(description="The token of a session", auto_error=False)
api_key = APIKeyHeader(name="X-API-Key", description="The key of a partner")


def current_account(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> people.Account:
    if credentials is None:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Not authenticated")
    account = people.find_account(credentials.credentials)
    if account is None:
        raise bearer.make_not_authenticated_error()
    return account


CurrentAccount = Annotated[people.Account, Depends(current_account)]


def account_with_role(*roles: people.Role) -> Callable[[people.Account], people.Account]:
    """Make a dependency that gives the account, or answers 403 when it has another role."""

    def check_role(account: CurrentAccount) -> people.Account:
        if account.role not in roles:
            raise HTTPException(status.HTTP_403_FORBIDDEN, "Your role does not allow this.")
        return account

    return check_role


Customer = Annotated[people.Account, Depends(account_with_role("customer"))]
Staff = Annotated[people.Account, Depends(account_with_role("clerk", "manager"))]


def visible_order(order_id: int, account: CurrentAccount) -> shop.Order:
    """Give an order that this account may see; any other is answered as if it did not exist."""
    order = shop.orders.get(order_id)
    if order is None or (account.role == "customer" and order.customer_id != account.id):
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return order


VisibleOrder = Annotated[shop.Order, Depends(visible_order)]


def current_partner(key: Annotated[str, Depends(api_key)]) -> people.Partner:
    sent = key.encode()  # as bytes, since compare_digest takes only ASCII in a str
    for partner in people.partners:
        if compare_digest(sent, partner.key.encode()):
            return partner
    raise api_key.make_not_authenticated_error()


CurrentPartner = Annotated[people.Partner, Depends(current_partner)]

app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> list[shop.Book]:
    return shop.books


@app.get("/me")
def read_me(account: CurrentAccount) -> people.Account:
    return account


@app.post("/orders", status_code=status.HTTP_201_CREATED)
def place_order(new: NewOrder, customer: Customer) -> shop.Order:
    return shop.place_order(customer.id, new.isbn, new.copies)


@app.get("/orders")
def list_orders(account: CurrentAccount) -> list[shop.Order]:
    orders = shop.orders.values()
    if account.role == "customer":
        return [order for order in orders if order.customer_id == account.id]
    return list(orders)


@app.get("/orders/{order_id}")
def read_order(order: VisibleOrder) -> shop.Order:
    return order


@app.delete("/orders/{order_id}", status_code=status.HTTP_204_NO_CONTENT)
def take_order_back(order: VisibleOrder, account: CurrentAccount) -> None:
    if account.role != "manager" and order.customer_id != account.id:
        raise HTTPException(status.HTTP_403_FORBIDDEN, "Only a manager takes back for others.")
    del shop.orders[order.id]


@app.post("/orders/{order_id}/ship")
def ship_order(_staff: Staff, order: VisibleOrder) -> shop.Order:
    order.shipped = True
    return order


@app.get("/stock/{isbn}")
def read_stock(isbn: str, partner: CurrentPartner) -> Stock:
    if isbn not in shop.stock:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"The shop does not sell {isbn}.")
    return Stock(isbn=isbn, copies=shop.stock[isbn], partner=partner.name)
