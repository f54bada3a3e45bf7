"""The bookshop's API as it answers today. Given: read it, do not edit it."""

import secrets
from itertools import count
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Response, status
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie, APIKeyHeader
from pydantic import BaseModel, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from . import warehouse

STAFF_KEY = "stack-the-atlases-below"

Session = Annotated[str, Depends(APIKeyCookie(name="session"))]
StaffKey = Annotated[str, Depends(APIKeyHeader(name="X-Staff-Key"))]


class Book(BaseModel):
    """A book of the catalogue."""

    isbn: str
    title: str


class Stock(BaseModel):
    """How many copies of a book there are."""

    isbn: str
    copies: int


class Change(BaseModel):
    """What a customer may change in an order."""

    copies: Annotated[int, Field(ge=1, le=20)]


class NewOrder(Change):
    """An order as a customer sends it."""

    isbn: str


class Order(NewOrder):
    """An order as it is stored."""

    id: int


class Orders:
    """All orders, each with the session that made it."""

    def __init__(self) -> None:
        self.by_id: dict[int, Order] = {}
        self.made_by: dict[int, str] = {}
        self.sent_before: dict[tuple[str, str], int] = {}
        self._ids = count(1)

    def add(self, session: str, new: NewOrder, key: str | None) -> Order:
        """Store an order; one that was sent before with the same key is not stored again."""
        if key and (session, key) in self.sent_before:
            return self.by_id[self.sent_before[session, key]]
        order = Order(id=next(self._ids), **new.model_dump())
        self.by_id[order.id], self.made_by[order.id] = order, session
        if key:
            self.sent_before[session, key] = order.id
        return order

    def of(self, session: str) -> list[Order]:
        """The orders that were made in a session."""
        return [order for order in self.by_id.values() if self.made_by[order.id] == session]


orders = Orders()
router = APIRouter()


@router.get("/books")
async def list_books(response: Response) -> list[Book]:
    """Every book; how many there are stands in `X-Total-Count`."""
    response.headers["X-Total-Count"] = str(len(warehouse.books))
    return [Book(isbn=isbn, title=title) for isbn, title in warehouse.books.items()]


@router.get("/books/{isbn}/stock")
async def read_stock(isbn: str) -> Stock:
    """Ask the warehouse, which may fail."""
    if isbn not in warehouse.books:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such book.")
    return Stock(isbn=isbn, copies=warehouse.count_copies(isbn))


@router.get("/orders")
async def list_orders(session: Session, response: Response) -> list[Order]:
    """The customer's own orders: the answer depends on the cookie, and `Vary` says so."""
    mine = orders.of(session)
    response.headers["X-Total-Count"] = str(len(mine))
    response.headers["Vary"] = "Cookie"
    return mine


@router.post("/orders", status_code=status.HTTP_201_CREATED)
async def add_order(
    new: NewOrder,
    session: Session,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Order:
    """Order a book; the same `Idempotency-Key` twice is one order."""
    order = orders.add(session, new, idempotency_key)
    response.headers["Location"] = f"/orders/{order.id}"
    return order


@router.patch("/orders/{order_id}")
async def change_order(order_id: int, change: Change, session: Session) -> Order:
    """Change how many copies are ordered."""
    if orders.made_by.get(order_id) != session:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "You have no such order.")
    orders.by_id[order_id].copies = change.copies
    return orders.by_id[order_id]


@router.delete("/orders/{order_id}", status_code=status.HTTP_204_NO_CONTENT)
async def cancel_order(order_id: int, key: StaffKey) -> None:
    """Cancel any order: for the back office, whose programs run on servers."""
    if not secrets.compare_digest(key.encode(), STAFF_KEY.encode()):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This is for the back office.")
    if orders.by_id.pop(order_id, None) is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such order.")


class ClosedSign:
    """Middleware that answers every request with 503 while the warehouse takes stock."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in place of the API, or hand the request on to it."""
        if scope["type"] == "http" and warehouse.taking_stock:
            closed = JSONResponse(
                {"detail": "We are taking stock."},
                status.HTTP_503_SERVICE_UNAVAILABLE,
                {"Retry-After": "1800"},
            )
            await closed(scope, receive, send)
        else:
            await self.app(scope, receive, send)
