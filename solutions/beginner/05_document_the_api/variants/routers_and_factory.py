"""Two routers and an app factory, explicit operation ids, and descriptions as docstrings."""

import os
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field


class Tag(StrEnum):
    BOOKS = "books"
    ORDERS = "orders"


class Documented(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class BookFields(Documented):
    isbn: str = Field(pattern=r"^[0-9]{13}$")
    """Thirteen digits, no hyphens."""
    title: str
    """As printed on the cover."""
    author: str
    """As printed on the cover."""
    copies: int = Field(ge=0)
    """How many are there."""


class NewBook(BookFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"isbn": "9780000000002", "title": "Low Tide", "author": "Edda Ito", "copies": 0},
                {"isbn": "9780000000019", "title": "Tide", "author": "Edda Ito", "copies": 40},
            ]
        }
    )


class Book(BookFields):
    id: int


class NewOrder(Documented):
    book_id: int
    """Which book is ordered."""
    copies: int = Field(ge=1)
    """How many are ordered."""


class Order(NewOrder):
    id: int


class NotFound(BaseModel):
    detail: str = "There is no such book."


class Conflict(BaseModel):
    detail: str


class Shop:
    def __init__(self) -> None:
        self.books: list[Book] = []
        self.orders: list[Order] = []

    def book(self, book_id: int) -> Book:
        if not 1 <= book_id <= len(self.books):
            raise HTTPException(404, NotFound().detail)
        return self.books[book_id - 1]


def get_shop(request: Request) -> Shop:
    shop: Shop = request.app.state.shop
    return shop


ShopDep = Annotated[Shop, Depends(get_shop)]
Author = Annotated[str, Query(description="Only this author's books.")]
BookId = Annotated[int, Path(description="The number of the book.")]

books = APIRouter(tags=[Tag.BOOKS])
orders = APIRouter(prefix="/orders", tags=[Tag.ORDERS])


@books.get("/books", operation_id="list_books", summary="List the books")
async def every_book(shop: ShopDep, author: Author = "") -> list[Book]:
    """Answers with all books, or those of one author."""
    return [book for book in shop.books if not author or book.author == author]


@books.get(
    "/catalogue", operation_id="list_catalogue", summary="List the catalogue", deprecated=True
)
async def catalogue(shop: ShopDep, author: Author = "") -> list[Book]:
    """Goes away next year; take `/books` instead."""
    return await every_book(shop, author)


@books.post(
    "/books",
    operation_id="add_book",
    summary="Add a book",
    status_code=201,
    responses={409: {"model": Conflict, "description": "This ISBN is known already."}},
)
async def add(new: NewBook, shop: ShopDep) -> Book:
    """Takes a book into stock.

    The shop chooses its id.
    """
    if new.isbn in [book.isbn for book in shop.books]:
        raise HTTPException(409, "known already")
    shop.books.append(Book(id=len(shop.books) + 1, **new.model_dump()))
    return shop.books[-1]


@books.get(
    "/books/{book_id}",
    operation_id="read_book",
    summary="Read one book",
    responses={404: {"model": NotFound, "description": "No such book here."}},
)
async def read(shop: ShopDep, book_id: BookId) -> Book:
    """Answers with this one book."""
    return shop.book(book_id)


@orders.post(
    "",
    operation_id="place_order",
    summary="Order copies of a book",
    status_code=201,
    responses={
        "404": {"model": NotFound, "description": "No such book here."},
        "409": {"model": Conflict, "description": "Not enough copies left."},
    },
)
async def place(
    new: Annotated[
        NewOrder,
        Body(
            openapi_examples={
                "one": {"summary": "A single copy", "value": {"book_id": 3, "copies": 1}},
                "many": {"summary": "A whole class", "value": {"book_id": 3, "copies": 30}},
            }
        ),
    ],
    shop: ShopDep,
) -> Order:
    """Accepts an order and takes its copies out of stock."""
    book = shop.book(new.book_id)
    if new.copies > book.copies:
        raise HTTPException(409, "not enough")
    book.copies -= new.copies
    shop.orders.append(Order(id=len(shop.orders) + 1, **new.model_dump()))
    return shop.orders[-1]


async def health() -> dict[str, str]:
    return {"status": "ok"}


def create_app(docs: str | None) -> FastAPI:
    places = {"openapi_url": None, "docs_url": None, "redoc_url": None} | (
        {}
        if docs == "off"
        else {"openapi_url": f"{docs or ''}/openapi.json", "docs_url": f"{docs or ''}/docs"}
    )
    made = FastAPI(
        title="Bookshop API",
        version="2.4.0",
        description="Books and orders.\n\nWrite to us with any question.",
        openapi_tags=[
            {"name": Tag.ORDERS, "description": "Buying of *books*."},
            {"name": Tag.BOOKS, "description": "All the books."},
        ],
        openapi_url=places["openapi_url"],
        docs_url=places["docs_url"],
        redoc_url=places["redoc_url"],
    )
    made.state.shop = Shop()
    made.include_router(books)
    made.include_router(orders)
    made.add_api_route("/health", health, include_in_schema=False)
    return made


app = create_app(os.environ.get("BOOKSHOP_DOCS"))
