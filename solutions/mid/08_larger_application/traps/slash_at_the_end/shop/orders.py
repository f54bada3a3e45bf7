from fastapi import APIRouter, HTTPException, Response, status

from .dependencies import StoreNow, find_book
from .models import NewOrder, Order, Receipt, Refusal
from .store import SoldOutError

router = APIRouter(prefix="/orders", tags=["orders"], responses={404: {"model": Refusal}})


@router.post("/", status_code=201, responses={409: {"model": Refusal}})
def take_order(new: NewOrder, response: Response, store: StoreNow) -> Receipt:
    """Order copies of a book."""
    book = find_book(new.isbn, store)
    if book.copies < new.copies:
        raise SoldOutError(f"There are only {book.copies} copies of {book.title} left.")
    book.copies -= new.copies
    order = Order(**new.model_dump(), id=next(store.order_ids))
    store.orders[order.id] = order
    response.headers["Location"] = f"/orders/{order.id}"
    return Receipt(**order.model_dump(exclude={"email"}))


@router.get("/{order_id}")
def read_order(order_id: int, store: StoreNow) -> Receipt:
    """Show what was ordered."""
    if order_id not in store.orders:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return Receipt(**store.orders[order_id].model_dump(exclude={"email"}))
