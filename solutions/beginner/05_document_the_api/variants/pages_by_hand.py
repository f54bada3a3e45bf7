"""Serves page and document by its own endpoints, and writes error schemas out by hand."""

import os
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Path, Query
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse
from pydantic import RootModel
from typing_extensions import TypedDict

Copies = Annotated[int, Body(ge=1, description="How many copies.", examples=[1, 5, 12])]


class Book(TypedDict):
    id: int
    isbn: str
    title: str
    author: str
    copies: int


class Books(RootModel[list[Book]]):
    """Any number of books."""


class Order(TypedDict):
    id: int
    book_id: int
    copies: int


def fails(**when: str) -> dict[int | str, dict[str, Any]]:
    text = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
    return {
        code.strip("_"): {
            "description": words,
            "content": {"application/json": {"schema": text, "example": {"detail": words}}},
        }
        for code, words in when.items()
    }


rows: dict[int, Book] = {}
sold: list[Order] = []


def every(author: Annotated[str | None, Query(description="Whose books, please?")] = None) -> Books:
    return Books([row for row in rows.values() if author is None or row["author"] == author])


def add(
    isbn: Annotated[
        str,
        Body(pattern="^[0-9]{13}$", description="Digits only, please.", examples=["9781111111113"]),
    ],
    title: Annotated[str, Body(description="The whole title.", examples=["Salt", "Iron"])],
    author: Annotated[str, Body(description="First name first.", examples=["Quinn Dahl"])],
    copies: Annotated[int, Body(ge=0, description="How many copies.", examples=[0])],
) -> Book:
    if any(row["isbn"] == isbn for row in rows.values()):
        raise HTTPException(409, "Twice.")
    number = len(rows) + 1
    rows[number] = {
        "id": number,
        "isbn": isbn,
        "title": title,
        "author": author,
        "copies": copies,
    }
    return rows[number]


def one(book_id: Annotated[int, Path(description="As `add_book` gave it.")]) -> Book:
    if book_id not in rows:
        raise HTTPException(404, "Never heard of it.")
    return rows[book_id]


def order(
    book_id: Annotated[int, Body(description="As `add_book` gave it.", examples=[1])],
    copies: Copies,
) -> Order:
    row = one(book_id)
    if row["copies"] < copies:
        raise HTTPException(409, "Sold out.")
    row["copies"] -= copies
    sold.append({"id": len(sold) + 1, "book_id": book_id, "copies": copies})
    return sold[-1]


app = FastAPI(
    title="Bookshop API",
    version="2.4.0",
    summary="A shop.",
    description="Everything about our shop.",
    openapi_url=None,
    openapi_tags=[
        {"name": "books", "description": "Our whole stock."},
        {"name": "orders", "description": "What was sold."},
        {"name": "unused", "description": "Still to come."},
    ],
)
EVERY: dict[str, Any] = {"methods": ["GET"], "tags": ["books"]}
app.add_api_route(
    "/books",
    every,
    operation_id="list_books",
    summary="List the books",
    description="One author or all.",
    **EVERY,
)
app.add_api_route(
    "/catalogue",
    every,
    operation_id="list_catalogue",
    summary="List the catalogue",
    description="See [the new address](/books).",
    deprecated=True,
    **EVERY,
)
app.add_api_route(
    "/books",
    add,
    methods=["POST"],
    status_code=201,
    operation_id="add_book",
    summary="Add a book",
    description="A new book arrives.",
    tags=["books"],
    responses=fails(_409="We have it already."),
)
app.add_api_route(
    "/books/{book_id}",
    one,
    operation_id="read_book",
    summary="Read one book",
    description="A single book, entirely.",
    tags=["books"],
    responses=fails(_404="We lack that one."),
)
app.add_api_route(
    "/orders",
    order,
    methods=["POST"],
    status_code=201,
    operation_id="place_order",
    summary="Order copies of a book",
    description="Sells some copies.",
    tags=["orders"],
    responses=fails(_404="We lack that one.", _409="We have too few."),
)


@app.get("/health", include_in_schema=False)
def health() -> dict[str, str]:
    """BS-12: keep it cheap."""
    return {"status": "ok"}


def publish(root: str) -> None:
    @app.get(f"{root}/openapi.json", include_in_schema=False)
    def document() -> dict[str, Any]:
        return app.openapi()

    @app.get(f"{root}/docs", include_in_schema=False)
    def page() -> HTMLResponse:
        return get_swagger_ui_html(openapi_url="./openapi.json", title="Bookshop")

    @app.get(f"{root}/reference", include_in_schema=False)
    def reference() -> HTMLResponse:
        return get_redoc_html(openapi_url=f"{root}/openapi.json", title="Bookshop")


if (where := os.getenv("BOOKSHOP_DOCS", "")) != "off":
    publish(where)
