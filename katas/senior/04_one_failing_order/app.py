"""The bookshop's API. It works, until it does not, and then nobody knows why."""

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from . import bank, shop

# The endpoints do what they should. Build here what tells the story of each request:
#   the log           a JSON object a line, and no print any more
#   the request id    in each answer, each line, and each event
#   the closing line  of each request: method, path, status
#   Sentry            one event for each unexpected error, and none for anything else
#   no secrets        anywhere

app = FastAPI(title="Bookshop")


class SignIn(BaseModel):
    """Who wants to sign in."""

    email: str
    password: str


class SignedIn(BaseModel):
    """What shows that a customer is signed in."""

    token: str


class NewOrder(BaseModel):
    """What a customer wants to have."""

    isbn: str
    copies: Annotated[int, Field(ge=1)]


class PlacedOrder(BaseModel):
    """An order, and what it costs."""

    id: int
    amount: Decimal


class Payment(BaseModel):
    """What a customer pays with."""

    card_number: str


class Receipt(BaseModel):
    """What a customer has paid."""

    order_id: int
    paid: Decimal


def get_customer(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> shop.Customer:
    """Find out who is asking."""
    customer = shop.find_customer(credentials.credentials)
    if customer is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "Sign in.", {"WWW-Authenticate": "Bearer"}
        )
    print("customer", customer)
    return customer


CustomerDep = Annotated[shop.Customer, Depends(get_customer)]


@app.post("/sessions", status_code=status.HTTP_201_CREATED)
def sign_in(body: SignIn) -> SignedIn:
    """Sign in."""
    print("signing in", body)
    try:
        return SignedIn(token=shop.sign_in(body.email, body.password))
    except shop.WrongPasswordError as error:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "This is not right.") from error


@app.post("/orders", status_code=status.HTTP_201_CREATED)
def place_order(new: NewOrder, customer: CustomerDep) -> PlacedOrder:
    """Order copies of a book."""
    try:
        order = shop.place_order(customer, new.isbn, new.copies)
    except shop.SoldOutError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "There are not so many.") from error
    print("ordered", order)
    return PlacedOrder(id=order.id, amount=order.amount)


@app.post("/orders/{order_id}/payment")
def pay(order_id: int, payment: Payment, customer: CustomerDep) -> Receipt:
    """Pay for an order by card."""
    print("paying", order_id, payment)
    try:
        order = shop.find_order(customer, order_id)
        bank.charge(order.id, order.amount, payment.card_number)
    except shop.NoSuchOrderError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such order.") from error
    except bank.CardDeclinedError as error:
        raise HTTPException(status.HTTP_402_PAYMENT_REQUIRED, "The card is declined.") from error
    order.paid = True
    return Receipt(order_id=order.id, paid=order.amount)
