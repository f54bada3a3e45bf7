from fastapi import APIRouter, HTTPException

from ..dependencies import InStore, find_book
from ..models import Refusal
from ..models.books import Book, Stock

router = APIRouter(prefix="/books")


@router.post("", status_code=201, responses={409: {"model": Refusal}})
async def add_book(book: Book, store: InStore) -> Book:
    """Put a new book on the shelves."""
    if book.isbn in store.books:
        raise HTTPException(409, f"There is a book {book.isbn} already.")
    store.books[book.isbn] = book
    return book


@router.put("/{isbn}/stock", responses={404: {"model": Refusal}})
async def set_stock(isbn: str, stock: Stock, store: InStore) -> Stock:
    """Correct the number of copies after counting them."""
    find_book(store, isbn).copies = stock.copies
    return stock
