"""Leaves the endpoints bare and lays all texts over the document that FastAPI generates."""

import os
from dataclasses import dataclass
from itertools import count
from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field


@dataclass
class Book:
    id: int
    isbn: str
    title: str
    author: str
    copies: int


@dataclass
class Order:
    id: int
    book_id: int
    copies: int


class NewBook(BaseModel):
    isbn: str = Field(pattern=r"^\d{13}$")
    title: str
    author: str
    copies: int = Field(ge=0)


class NewOrder(BaseModel):
    book_id: int
    copies: int = Field(gt=0)


docs = os.environ.get("BOOKSHOP_DOCS", "")
if docs == "off":
    app = FastAPI(openapi_url=None)
else:
    app = FastAPI(
        openapi_url=f"{docs}/openapi.json", docs_url=f"{docs}/docs", redoc_url=f"{docs}/redoc"
    )

shelf: dict[int, Book] = {}
ids, order_ids = count(1), count(1)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/catalogue")
@app.get("/books")
def list_books(author: str | None = None) -> list[Book]:
    return [book for book in shelf.values() if not author or author == book.author]


@app.post("/books", status_code=201)
def add_book(new: NewBook) -> Book:
    if new.isbn in {book.isbn for book in shelf.values()}:
        raise HTTPException(409, "There already.")
    book = Book(next(ids), **new.model_dump())
    return shelf.setdefault(book.id, book)


@app.get("/books/{book_id}")
def read_book(book_id: int) -> Book:
    if (book := shelf.get(book_id)) is None:
        raise HTTPException(404, "Not there.")
    return book


@app.post("/orders", status_code=201)
def place_order(new: NewOrder) -> Order:
    book = read_book(new.book_id)
    if new.copies > book.copies:
        raise HTTPException(409, "Too few.")
    book.copies -= new.copies
    return Order(next(order_ids), new.book_id, new.copies)


OPERATIONS = {
    ("/books", "get"): ("list_books", "books", "List the books", "Every book there is."),
    ("/catalogue", "get"): (
        "list_catalogue",
        "books",
        "List the catalogue",
        "Gone soon, use /books.",
    ),
    ("/books", "post"): ("add_book", "books", "Add a book", "One more for the shelf."),
    ("/books/{book_id}", "get"): ("read_book", "books", "Read one book", "One from the shelf."),
    ("/orders", "post"): ("place_order", "orders", "Order copies of a book", "Copies are sold."),
}
ERRORS = {
    ("/books", "post"): {"409": "The ISBN is taken."},
    ("/books/{book_id}", "get"): {"404": "The id is unknown."},
    ("/orders", "post"): {"404": "The id is unknown.", "409": "The copies are sold."},
}
FIELDS = {
    "isbn": "ISBN in thirteen digits",
    "title": "Title of the book",
    "author": "Author of the book",
    "copies": "Number of copies meant",
    "book_id": "Number of the book",
}
EXAMPLES = {
    "/books": {"isbn": "9782222222224", "title": "Mud", "author": "Sami Kaya", "copies": 1},
    "/orders": {"book_id": 1, "copies": 1},
}
generated = app.openapi


def openapi() -> dict[str, Any]:
    if app.openapi_schema and app.openapi_schema["info"]["title"] == "Bookshop API":
        return app.openapi_schema
    document = generated()
    document["info"] = {
        "title": "Bookshop API",
        "version": "2.4.0",
        "description": "Written in one place.",
    }
    document["tags"] = [
        {"name": "books", "description": "On the shelf."},
        {"name": "orders", "description": "Off the shelf."},
    ]
    del document["paths"]["/health"]
    document["paths"]["/catalogue"]["get"]["deprecated"] = True
    for (path, method), (name, tag, summary, description) in OPERATIONS.items():
        operation = document["paths"][path][method]
        operation |= {"operationId": name, "tags": [tag], "summary": summary}
        operation["description"] = description
        for parameter in operation.get("parameters", []):
            parameter["description"] = FIELDS[parameter["name"]]
    schemas = document["components"]["schemas"]
    schemas["Refusal"] = {"type": "object", "properties": {"detail": {"type": "string"}}}
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for (path, method), errors in ERRORS.items():
        document["paths"][path][method]["responses"] |= {
            status: {"description": when, "content": body} for status, when in errors.items()
        }
    for model in ("NewBook", "NewOrder"):
        for name, field in schemas[model]["properties"].items():
            field["description"] = FIELDS[name]
    for path, example in EXAMPLES.items():
        media = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        media["example"] = example
    return document


app.openapi = openapi  # type: ignore[method-assign]
