"""Answers with one book that it knows, and stores nothing.

Fails: test_a_new_book_is_stored, test_books_are_found_by_a_tag, test_no_change_is_lost
"""

from typing import Any

from fastapi import FastAPI, Response

from .contract import Change, NewBook

BOOK = {
    "isbn": "9780000000002",
    "title": "The Quiet Harbour",
    "price": "5.00",
    "published": "1998-04-30",
    "details": {"language": "en", "tags": ["crime"], "pages": 300},
    "copies": 0,
}

app = FastAPI()


@app.put("/books/{isbn}")
def put_book(isbn: str, new: NewBook, response: Response) -> Any:
    response.status_code = 201
    return {**BOOK, "isbn": isbn, **new.model_dump(mode="json")}


@app.get("/books/{isbn}")
def read_book(isbn: str) -> Any:
    return {**BOOK, "isbn": isbn}


@app.post("/books/{isbn}/stock")
def change_stock(isbn: str, change: Change) -> Any:
    return {**BOOK, "isbn": isbn, "copies": change.change}


@app.get("/books")
def find_books() -> Any:
    return [BOOK]
