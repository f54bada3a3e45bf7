"""The bookshop's API. All is well, as long as nothing goes wrong."""

import logging
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from . import shop, web

# The endpoints do what they should when all goes well. Build here:
#   the shop's errors    told once, wherever they are raised: a problem document for each kind
#   HTTP errors          problem documents too, with their headers; the router's 404 and 405 as well
#   wrong requests       a problem document, with the list that web.errors_of makes
#   unexpected errors    500: nothing for the client but a reference, everything for the log
#   the session          sees the error that ended a request; stores nothing then

log = logging.getLogger("bookshop.api")

app = FastAPI(title="Bookshop")


class NewOrder(BaseModel):
    """What a customer wants to have."""

    isbn: Annotated[str, Field(pattern="^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1)]


class Payment(BaseModel):
    """What a customer pays with."""

    card_number: str


def get_session() -> Iterator[shop.Session]:
    """Open a session for a request, and store what was done in it."""
    session = shop.open_session()
    try:
        yield session
    finally:
        session.store()


SessionDep = Annotated[shop.Session, Depends(get_session)]


@app.get("/books/{isbn}")
def read_book(isbn: str, request: Request, response: Response) -> shop.Book:
    """Show a book."""
    try:
        book = shop.find_book(isbn)
    except shop.NoSuchBookError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No book.") from error
    etag = f'"{book.isbn}-{book.copies}"'
    web.stop_if_known(request, etag)
    response.headers["ETag"] = etag
    return book


@app.post("/orders", status_code=status.HTTP_201_CREATED, response_model=shop.Order)
def place_order(new: NewOrder, session: SessionDep) -> Any:
    """Order copies of a book."""
    order = session.add(new.isbn, new.copies)
    try:
        session.take(order)
    except shop.ShopError as error:
        log.exception("an order was refused")
        return JSONResponse({"message": str(error)}, status.HTTP_409_CONFLICT)
    return order


@app.get("/orders", dependencies=[Depends(web.staff_only)])
def list_orders(session: SessionDep) -> list[shop.Order]:
    """Show all the orders to the staff."""
    return session.all_orders()


@app.get("/orders/{order_id}")
def read_order(order_id: int, session: SessionDep) -> shop.Order:
    """Show an order."""
    try:
        return session.find(order_id)
    except shop.NoSuchOrderError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, {"order": order_id}) from None


@app.post("/orders/{order_id}/payment", response_model=shop.Order)
def pay(order_id: int, payment: Payment, session: SessionDep) -> Any:
    """Pay for an order by card."""
    try:
        return session.pay(order_id, payment.card_number)
    except shop.CardDeclinedError as error:
        return JSONResponse({"error": f"declined: {error}"}, status.HTTP_402_PAYMENT_REQUIRED)
    except Exception as error:
        log.exception("a payment failed")
        return JSONResponse({"error": repr(error)}, status.HTTP_500_INTERNAL_SERVER_ERROR)
