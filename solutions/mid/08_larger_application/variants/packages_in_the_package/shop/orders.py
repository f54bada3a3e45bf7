from fastapi import APIRouter, HTTPException, Response

from .dependencies import InStore, find_book
from .models import Refusal
from .models.orders import NewOrder, Order, Receipt

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post(
    "",
    status_code=201,
    response_model=Receipt,
    responses={404: {"model": Refusal}, 409: {"model": Refusal}},
)
async def take_order(new: NewOrder, store: InStore, response: Response) -> Order:
    """Order copies of a book."""
    order = store.order(find_book(store, new.isbn), new)
    response.headers["Location"] = f"{router.prefix}/{order.id}"
    return order


@router.get("/{order_id}", response_model=Receipt, responses={404: {"model": Refusal}})
async def read_order(order_id: int, store: InStore) -> Order:
    """Show what was ordered."""
    order = store.orders.get(order_id)
    if order is None:
        raise HTTPException(404, f"There is no order {order_id}.")
    return order
