"""Classes and functions as dependencies: filters, page, customer and delivery each in its own."""

from typing import Annotated

from annotated_types import Ge, Le, MinLen
from fastapi import Body, Depends, FastAPI, HTTPException, Query
from typing_extensions import TypedDict

from . import catalogue as shop


class Customer(TypedDict):
    name: str
    email: str


class Delivery(TypedDict):
    street: str
    city: str


class NewData(TypedDict):
    title: str
    author: str
    subjects: list[str]


class Offer(TypedDict):
    book_id: int
    customer: Customer
    delivery: Delivery
    copies: int
    total_cents: int


class Filters:
    def __init__(
        self,
        q: Annotated[str | None, MinLen(2)] = None,
        subject: Annotated[tuple[str, ...], Query()] = (),
        in_stock: Annotated[bool | None, Query(alias="in-stock")] = None,
    ) -> None:
        self.q = (q or "").upper()
        self.subjects = frozenset(subject)
        self.in_stock = in_stock

    def keep(self, books: list[shop.Book]) -> list[shop.Book]:
        kept = [book for book in books if self.q in book.title.upper()]
        if self.subjects:
            kept = [book for book in kept if self.subjects.intersection(book.subjects)]
        if self.in_stock is not None:
            kept = [book for book in kept if bool(book.stock) is self.in_stock]
        return kept


async def page(skip: Annotated[int, Ge(0)] = 0, limit: Annotated[int, Ge(1), Le(50)] = 10) -> slice:
    return slice(skip, skip + limit)


async def book_of(book_id: int) -> shop.Book:
    book = shop.find_book(book_id)
    if book is None:
        raise HTTPException(404, "This book is not in the catalogue.")
    return book


async def customer_of(customer: Annotated[Customer, Body()]) -> Customer:
    return customer


async def delivery_of(delivery: Annotated[Delivery, Body()]) -> Delivery:
    return delivery


app = FastAPI()


@app.get("/books")
async def books(
    filters: Annotated[Filters, Depends()], cut: Annotated[slice, Depends(page)]
) -> list[shop.Book]:
    return filters.keep(shop.every_book())[cut]


@app.put("/books/{book_id}")
async def correct(
    book_id: int, new: NewData, dry_run: Annotated[bool | None, Query(alias="dry-run")] = None
) -> shop.Book:
    book = (await book_of(book_id)).model_copy(update={**new})
    return book if dry_run else keep(book)


def keep(book: shop.Book) -> shop.Book:
    shop.save_book(book)
    return book


@app.post("/books/{book_id}/offer")
async def make_offer(
    book: Annotated[shop.Book, Depends(book_of)],
    customer: Annotated[Customer, Depends(customer_of)],
    delivery: Annotated[Delivery, Depends(delivery_of)],
    copies: Annotated[int, Body(), Ge(1), Le(20)] = 1,
) -> Offer:
    return Offer(
        book_id=book.id,
        customer=customer,
        delivery=delivery,
        copies=copies,
        total_cents=book.price_cents * copies,
    )
