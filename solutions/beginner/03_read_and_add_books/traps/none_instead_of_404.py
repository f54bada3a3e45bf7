"""Answers 200 with null for an unknown book.

Fails: test_an_unknown_book_is_404_in_a_shop_that_has_books
"""

from itertools import count

from fastapi import FastAPI, Response
from pydantic import BaseModel


class NewBook(BaseModel):
    title: str
    author: str


app = FastAPI()
books: dict[int, dict] = {}
ids = count(1)


@app.get("/books")
def list_books():
    return list(books.values())


@app.get("/books/{book_id}")
def read_book(book_id: int):
    return books.get(book_id)


@app.post("/books", status_code=201)
def add_book(new: NewBook, response: Response):
    book_id = next(ids)
    books[book_id] = {"id": book_id, **new.model_dump()}
    response.headers["Location"] = f"/books/{book_id}"
    return books[book_id]
