"""Moves the page, while the document can still be read by everyone at /openapi.json.

Fails: test_a_setting_moves_the_documentation
"""

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Query, status
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BOOKSHOP_")

    docs: str = ""

    @property
    def openapi_url(self) -> str | None:
        return None if self.docs == "off" else "/openapi.json"

    @property
    def docs_url(self) -> str | None:
        return None if self.docs == "off" else f"{self.docs}/docs"


class NewBook(BaseModel):
    """A book as the shop takes it into stock."""

    # BS-57: the supplier's feed has the same fields, keep the two alike.
    isbn: str = Field(
        pattern=r"^[0-9]{13}$",
        description="ISBN-13: thirteen digits, without hyphens.",
        examples=["9780000000019"],
    )
    title: str = Field(description="Title as on the cover.", examples=["The Quiet Harbour"])
    author: str = Field(description="The author's full name.", examples=["Ines Okafor"])
    copies: int = Field(ge=0, description="Number of copies in stock.", examples=[12])


class Book(NewBook):
    """A book of the shop."""

    id: int = Field(description="Number that the shop gave the book.", examples=[1])


class NewOrder(BaseModel):
    """An order as a customer places it."""

    # BS-63: one book an order, until the basket is done.
    book_id: int = Field(description="The `id` of the book.", examples=[1])
    copies: int = Field(ge=1, description="Number of copies to order.", examples=[2])


class Order(NewOrder):
    """An order that the shop has accepted."""

    id: int = Field(description="Number that the shop gave the order.", examples=[1])


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="The reason, for people to read.")


def error(code: int, when: str) -> dict[int | str, dict[str, Any]]:
    return {code: {"model": Problem, "description": when}}


def operation_id(route: APIRoute) -> str:
    return route.name


settings = Settings()

app = FastAPI(
    title="Bookshop API",
    version="2.4.0",
    description="The books of the shop and the orders for them, for partners and their clients.",
    openapi_tags=[
        {"name": "books", "description": "What the shop has in stock."},
        {"name": "orders", "description": "What customers want to buy."},
    ],
    generate_unique_id_function=operation_id,
    openapi_url=settings.openapi_url,
    docs_url=settings.docs_url,
    redoc_url=None,
    swagger_ui_oauth2_redirect_url=None,
)

books: dict[int, Book] = {}
orders: list[Order] = []


@app.get("/health", include_in_schema=False)
def health() -> dict[str, str]:
    """BS-12: the load balancer asks every second, keep it cheap."""
    return {"status": "ok"}


@app.get(
    "/catalogue",
    name="list_catalogue",
    tags=["books"],
    summary="List the catalogue",
    description="The old address of `GET /books`, which answers the same. Use that instead.",
    deprecated=True,
)
@app.get("/books", tags=["books"], summary="List the books")
def list_books(
    author: Annotated[
        str | None, Query(description="Only books of this author; the full name.")
    ] = None,
) -> list[Book]:
    """All books in the order in which they came, or only those of one author."""
    # BS-41: a plain loop, until there is a database.
    return [book for book in books.values() if author in (None, book.author)]


@app.post(
    "/books",
    status_code=status.HTTP_201_CREATED,
    tags=["books"],
    summary="Add a book",
    responses=error(409, "The shop already has a book with this ISBN."),
)
def add_book(new: NewBook) -> Book:
    """Takes a new book into stock and gives it an `id`."""
    # BS-44: the second import of a feed used to double every book.
    if any(book.isbn == new.isbn for book in books.values()):
        raise HTTPException(409, f"The shop already has a book with the ISBN {new.isbn}.")
    book = Book(id=len(books) + 1, **new.model_dump())
    books[book.id] = book
    return book


@app.get(
    "/books/{book_id}",
    tags=["books"],
    summary="Read one book",
    responses=error(404, "The shop has no book with this `id`."),
)
def read_book(book_id: Annotated[int, Path(description="The `id` of the book.")]) -> Book:
    """The book, with the number of copies that are in stock now."""
    if book_id not in books:
        raise HTTPException(404, f"There is no book {book_id}.")
    return books[book_id]


@app.post(
    "/orders",
    status_code=status.HTTP_201_CREATED,
    tags=["orders"],
    summary="Order copies of a book",
    responses=error(404, "The shop has no book with this `book_id`.")
    | error(409, "The shop has fewer copies than were ordered."),
)
def place_order(new: NewOrder) -> Order:
    """Takes the copies out of stock. An order is accepted whole or not at all."""
    # BS-70: never sell a copy that is not there.
    if new.book_id not in books:
        raise HTTPException(404, f"There is no book {new.book_id}.")
    book = books[new.book_id]
    if book.copies < new.copies:
        raise HTTPException(409, f"There are only {book.copies} copies.")
    book.copies -= new.copies
    order = Order(id=len(orders) + 1, **new.model_dump())
    orders.append(order)
    return order
