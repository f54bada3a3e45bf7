from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from .dependencies import Guard, book_in_path, get_store
from .models import Book, Order, Refusal, Stock
from .store import Store

InStore = Annotated[Store, Depends(get_store)]


def list_orders(store: InStore) -> list[Order]:
    """List all orders, with the customers' addresses."""
    return list(store.orders.values())


def add_book(book: Book, store: InStore) -> Book:
    """Put a new book on the shelves."""
    if store.books.setdefault(book.isbn, book) is not book:
        raise HTTPException(409, f"There is a book {book.isbn} already.")
    return book


def set_stock(book: Annotated[Book, Depends(book_in_path)], stock: Stock) -> Stock:
    """Correct the number of copies after counting them."""
    book.copies = stock.copies
    return stock


def delete_review(review_id: int, store: InStore) -> None:
    """Take an insulting review out of the shop."""
    if store.reviews.pop(review_id, None) is None:
        raise HTTPException(404, f"There is no review {review_id}.")


router = APIRouter(
    prefix="/office",
    tags=["office"],
    dependencies=[Depends(Guard)],
    responses={status: {"model": Refusal} for status in (401, 403)},
)
router.add_api_route("/orders", list_orders)
router.add_api_route(
    "/books", add_book, methods=["POST"], status_code=201, responses={409: {"model": Refusal}}
)
router.add_api_route(
    "/books/{isbn}/stock", set_stock, methods=["PUT"], responses={404: {"model": Refusal}}
)
router.add_api_route(
    "/reviews/{review_id}",
    delete_review,
    methods=["DELETE"],
    status_code=204,
    responses={404: {"model": Refusal}},
)
