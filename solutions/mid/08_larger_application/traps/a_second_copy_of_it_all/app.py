"""Builds the package, and goes on serving the old code, which now stands in app.py (app.py).

Fails: test_the_monolith_can_be_deleted
"""

import os
import secrets
from itertools import count
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response, status
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

TITLE = os.environ.get("SHOP_TITLE", "Bookshop")
STAFF_KEY = os.environ.get("SHOP_STAFF_KEY", "")  # without one, the office stays closed
PAGE_SIZE = int(os.environ.get("SHOP_PAGE_SIZE", "3"))

app = FastAPI(title=TITLE, version="1.4.0")


class Book(BaseModel):
    """A book, and how many copies of it can be sold."""

    isbn: str = Field(pattern=r"^\d{13}$")
    title: str
    author: str
    copies: int = Field(ge=0)


class RatedBook(Book):
    """A book as customers see it."""

    rating: float | None


class NewReview(BaseModel):
    """What a reader says about a book."""

    name: str
    stars: int = Field(ge=1, le=5)
    text: str = ""


class Review(NewReview):
    """A review that the shop shows."""

    id: int
    isbn: str


class NewOrder(BaseModel):
    """What a customer wants."""

    isbn: str
    copies: int = Field(ge=1)
    email: str


class Receipt(BaseModel):
    """An order as the customer sees it: without the address, since its number can be guessed."""

    id: int
    isbn: str
    copies: int


class Order(NewOrder):
    """An order as the office sees it."""

    id: int


class Stock(BaseModel):
    """How many copies of a book can be sold."""

    copies: int = Field(ge=0)


class Refusal(BaseModel):
    """Why something was not done."""

    detail: str


books = {
    book.isbn: book
    for book in (
        Book(isbn="9780140449266", title="The Count of Monte Cristo", author="Dumas", copies=12),
        Book(isbn="9780141439518", title="Pride and Prejudice", author="Austen", copies=9),
        Book(isbn="9780142437230", title="Don Quixote", author="Cervantes", copies=4),
        Book(isbn="9780141439662", title="Sense and Sensibility", author="Austen", copies=7),
        Book(isbn="9780140449129", title="Twenty Years After", author="Dumas", copies=5),
        Book(isbn="9780141439587", title="Emma", author="Austen", copies=15),
    )
}
reviews: dict[int, Review] = {}
review_ids = count(1)
orders: dict[int, Order] = {}
order_ids = count(1)


class SoldOutError(Exception):
    """There are not so many copies of a book."""


@app.exception_handler(SoldOutError)
def answer_sold_out(request: Request, error: SoldOutError) -> JSONResponse:
    """Answer 409 in place of the error."""
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)


def find_book(isbn: str) -> Book:
    """Find a book, or end the request with 404."""
    if isbn not in books:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {isbn}.")
    return books[isbn]


def rated(book: Book) -> RatedBook:
    """A book with the mean of its stars."""
    stars = [review.stars for review in reviews.values() if review.isbn == book.isbn]
    rating = round(sum(stars) / len(stars), 1) if stars else None
    return RatedBook(**book.model_dump(), rating=rating)


def require_staff(key: Annotated[str, Depends(APIKeyHeader(name="X-API-Key"))]) -> None:
    """Refuse everybody who does not know the key of the staff."""
    if not secrets.compare_digest(key.encode(), STAFF_KEY.encode()):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "The office is for the staff.")


# ---------------------------------------------------------------- books


@app.get("/books", tags=["books"])
def list_books(page: Annotated[int, Query(ge=1)] = 1, author: str | None = None) -> list[RatedBook]:
    """List one page of the books."""
    found = [book for book in books.values() if author in (None, book.author)]
    return [rated(book) for book in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]


@app.get("/books/{isbn}", tags=["books"], responses={404: {"model": Refusal}})
def read_book(isbn: str) -> RatedBook:
    """Show one book."""
    return rated(find_book(isbn))


# ---------------------------------------------------------------- reviews


@app.get("/books/{isbn}/reviews", tags=["reviews"], responses={404: {"model": Refusal}})
def list_reviews(isbn: str) -> list[Review]:
    """List the reviews of one book."""
    book = find_book(isbn)
    return [review for review in reviews.values() if review.isbn == book.isbn]


@app.post(
    "/books/{isbn}/reviews", tags=["reviews"], status_code=201, responses={404: {"model": Refusal}}
)
def add_review(isbn: str, new: NewReview) -> Review:
    """Review a book."""
    book = find_book(isbn)
    review = Review(**new.model_dump(), id=next(review_ids), isbn=book.isbn)
    reviews[review.id] = review
    return review


# ---------------------------------------------------------------- orders


@app.post(
    "/orders",
    tags=["orders"],
    status_code=201,
    responses={404: {"model": Refusal}, 409: {"model": Refusal}},
)
def take_order(new: NewOrder, response: Response) -> Receipt:
    """Order copies of a book."""
    book = find_book(new.isbn)
    if book.copies < new.copies:
        raise SoldOutError(f"There are only {book.copies} copies of {book.title} left.")
    book.copies -= new.copies
    order = Order(**new.model_dump(), id=next(order_ids))
    orders[order.id] = order
    response.headers["Location"] = f"/orders/{order.id}"
    return Receipt(**order.model_dump(exclude={"email"}))


@app.get("/orders/{order_id}", tags=["orders"], responses={404: {"model": Refusal}})
def read_order(order_id: int) -> Receipt:
    """Show what was ordered."""
    if order_id not in orders:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return Receipt(**orders[order_id].model_dump(exclude={"email"}))


# ---------------------------------------------------------------- office: for the staff alone


@app.get(
    "/office/orders",
    tags=["office"],
    dependencies=[Depends(require_staff)],
    responses={401: {"model": Refusal}, 403: {"model": Refusal}},
)
def list_orders() -> list[Order]:
    """List all orders, with the customers' addresses."""
    return list(orders.values())


@app.post(
    "/office/books",
    tags=["office"],
    dependencies=[Depends(require_staff)],
    status_code=201,
    responses={401: {"model": Refusal}, 403: {"model": Refusal}, 409: {"model": Refusal}},
)
def add_book(book: Book) -> Book:
    """Put a new book on the shelves."""
    if book.isbn in books:
        raise HTTPException(status.HTTP_409_CONFLICT, f"There is a book {book.isbn} already.")
    books[book.isbn] = book
    return book


@app.put(
    "/office/books/{isbn}/stock",
    tags=["office"],
    dependencies=[Depends(require_staff)],
    responses={401: {"model": Refusal}, 403: {"model": Refusal}, 404: {"model": Refusal}},
)
def set_stock(isbn: str, stock: Stock) -> Stock:
    """Correct the number of copies after counting them."""
    find_book(isbn).copies = stock.copies
    return stock


@app.delete(
    "/office/reviews/{review_id}",
    tags=["office"],
    dependencies=[Depends(require_staff)],
    status_code=204,
    responses={401: {"model": Refusal}, 403: {"model": Refusal}, 404: {"model": Refusal}},
)
def delete_review(review_id: int) -> None:
    """Take an insulting review out of the shop."""
    if review_id not in reviews:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no review {review_id}.")
    del reviews[review_id]
