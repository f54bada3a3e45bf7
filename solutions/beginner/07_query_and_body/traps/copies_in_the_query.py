"""Leaves Body() out, so that copies is a parameter of the query.

Fails: test_an_offer_takes_two_models_and_a_number, test_a_wrong_offer_is_refused, test_the_documentation_tells_query_from_body
"""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, status
from pydantic import BaseModel, Field

from . import catalogue
from .catalogue import Book


class BookData(BaseModel):
    title: str
    author: str
    subjects: list[str]


class Customer(BaseModel):
    name: str
    email: str


class Delivery(BaseModel):
    street: str
    city: str


class Offer(BaseModel):
    book_id: int
    customer: Customer
    delivery: Delivery
    copies: int
    total_cents: int


def known_book(book_id: int) -> Book:
    book = catalogue.find_book(book_id)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}.")
    return book


app = FastAPI(title="Bookshop")


@app.get("/books")
def search_books(
    q: Annotated[str | None, Query(min_length=2)] = None,
    subject: Annotated[list[str] | None, Query()] = None,
    in_stock: Annotated[bool | None, Query(alias="in-stock")] = None,
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[Book]:
    found = catalogue.every_book()
    if q is not None:
        found = [book for book in found if q.casefold() in book.title.casefold()]
    if subject is not None:
        found = [book for book in found if set(subject) & set(book.subjects)]
    if in_stock is not None:
        found = [book for book in found if (book.stock > 0) == in_stock]
    return found[skip : skip + limit]


@app.put("/books/{book_id}")
def change_book(
    book_id: int,
    data: BookData,
    dry_run: Annotated[bool, Query(alias="dry-run")] = False,
) -> Book:
    changed = known_book(book_id).model_copy(update=data.model_dump())
    if not dry_run:
        catalogue.save_book(changed)
    return changed


@app.post("/books/{book_id}/offer")
def make_offer(
    book_id: int,
    customer: Customer,
    delivery: Delivery,
    copies: Annotated[int, Field(ge=1, le=20)] = 1,
) -> Offer:
    book = known_book(book_id)
    return Offer(
        book_id=book.id,
        customer=customer,
        delivery=delivery,
        copies=copies,
        total_cents=copies * book.price_cents,
    )
