from fastapi import APIRouter, HTTPException

from ..dependencies import InStore
from ..models import Refusal
from ..models.orders import Order

router = APIRouter()


@router.get("/orders")
async def list_orders(store: InStore) -> list[Order]:
    """List all orders, with the customers' addresses."""
    return [*store.orders.values()]


@router.delete("/reviews/{review_id}", status_code=204, responses={404: {"model": Refusal}})
async def delete_review(review_id: int, store: InStore) -> None:
    """Take an insulting review out of the shop."""
    if store.reviews.pop(review_id, None) is None:
        raise HTTPException(404, f"There is no review {review_id}.")
