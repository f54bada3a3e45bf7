"""Query and Body as default values, each field of a body on its own, routes added by a call."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from fastapi import Body, FastAPI, HTTPException, Path, Query

from . import catalogue


@dataclass
class Customer:
    name: str
    email: str


@dataclass
class Delivery:
    street: str
    city: str


def search(
    text: str | None = Query(None, alias="q", min_length=2),
    subjects: tuple[str, ...] = Query((), alias="subject"),
    in_stock: bool | None = Query(None, alias="in-stock"),
    skip: int = Query(0, ge=0),
    limit: int = Query(10, gt=0, lt=51),
) -> list[dict[str, Any]]:
    def passing() -> Any:
        for book in catalogue.every_book():
            if text and text.lower() not in book.title.lower():
                continue
            if subjects and not any(subject in book.subjects for subject in subjects):
                continue
            if in_stock is True and book.stock == 0:
                continue
            if in_stock is False and book.stock > 0:
                continue
            yield book.model_dump()

    return list(islice(passing(), skip, skip + limit))


def put(
    book_id: int = Path(),
    title: str = Body(),
    author: str = Body(),
    subjects: tuple[str, ...] = Body(),
    dry_run: bool = Query(False, alias="dry-run"),
) -> dict[str, Any]:
    book = one(book_id)
    new = book.model_dump() | {"title": title, "author": author, "subjects": subjects}
    if not dry_run:
        catalogue.save_book(catalogue.Book(**new))
    return new


def offer(
    book_id: int,
    customer: Customer,
    delivery: Delivery,
    copies: int = Body(1, ge=1, le=20),
) -> dict[str, Any]:
    return {
        "book_id": book_id,
        "customer": customer,
        "delivery": delivery,
        "copies": copies,
        "total_cents": one(book_id).price_cents * copies,
    }


def one(book_id: int) -> catalogue.Book:
    book = catalogue.find_book(book_id)
    if not book:
        raise HTTPException(status_code=404, detail="unknown book")
    return book


app = FastAPI()
app.add_api_route("/books", search)
app.add_api_route("/books/{book_id}", put, methods=["PUT"])
app.add_api_route("/books/{book_id}/offer", offer, methods=["POST"])
