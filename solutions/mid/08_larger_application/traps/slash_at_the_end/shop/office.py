from fastapi import APIRouter, Depends, HTTPException, status

from .dependencies import BookInPath, StoreNow, require_staff
from .models import Book, Order, Refusal, Stock

router = APIRouter(
    prefix="/office",
    tags=["office"],
    dependencies=[Depends(require_staff)],
    responses={401: {"model": Refusal}, 403: {"model": Refusal}},
)


@router.get("/orders")
def list_orders(store: StoreNow) -> list[Order]:
    """List all orders, with the customers' addresses."""
    return list(store.orders.values())


@router.post("/books", status_code=201, responses={409: {"model": Refusal}})
def add_book(book: Book, store: StoreNow) -> Book:
    """Put a new book on the shelves."""
    if book.isbn in store.books:
        raise HTTPException(status.HTTP_409_CONFLICT, f"There is a book {book.isbn} already.")
    store.books[book.isbn] = book
    return book


@router.put("/books/{isbn}/stock", responses={404: {"model": Refusal}})
def set_stock(book: BookInPath, stock: Stock) -> Stock:
    """Correct the number of copies after counting them."""
    book.copies = stock.copies
    return stock


@router.delete("/reviews/{review_id}", status_code=204, responses={404: {"model": Refusal}})
def delete_review(review_id: int, store: StoreNow) -> None:
    """Take an insulting review out of the shop."""
    if review_id not in store.reviews:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no review {review_id}.")
    del store.reviews[review_id]
