from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response

from .dependencies import BookFinder, get_store
from .models import NewOrder, Order, Receipt, Refusal
from .store import SoldOutError, Store


def take_order(
    new: NewOrder,
    find: Annotated[BookFinder, Depends()],
    store: Annotated[Store, Depends(get_store)],
    response: Response,
) -> Receipt:
    """Order copies of a book."""
    book = find(new.isbn)
    left = book.copies - new.copies
    if left < 0:
        raise SoldOutError(f"There are only {book.copies} copies of {book.title} left.")
    book.copies = left
    order = Order(**new.model_dump(), id=next(store.order_ids))
    store.orders[order.id] = order
    response.headers["Location"] = f"/orders/{order.id}"
    return Receipt(id=order.id, isbn=order.isbn, copies=order.copies)


def read_order(order_id: int, store: Annotated[Store, Depends(get_store)]) -> Receipt:
    """Show what was ordered."""
    order = store.orders.get(order_id)
    if not order:
        raise HTTPException(404, f"There is no order {order_id}.")
    return Receipt(id=order.id, isbn=order.isbn, copies=order.copies)


router = APIRouter(prefix="/orders", tags=["orders"], responses={404: {"model": Refusal}})
router.add_api_route(
    "", take_order, methods=["POST"], status_code=201, responses={409: {"model": Refusal}}
)
router.add_api_route("/{order_id}", read_order)
