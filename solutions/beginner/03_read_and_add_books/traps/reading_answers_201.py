"""Copies the decorator of POST, status and all, to the endpoint that reads.

Fails: test_an_added_book_can_be_read
"""

from itertools import count

from fastapi import FastAPI, HTTPException, Response
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


@app.get("/books/{book_id}", status_code=201)
def read_book(book_id: int):
    if book_id not in books:
        raise HTTPException(404)
    return books[book_id]


@app.post("/books", status_code=201)
def add_book(new: NewBook, response: Response):
    book_id = next(ids)
    books[book_id] = {"id": book_id, **new.model_dump()}
    response.headers["Location"] = f"/books/{book_id}"
    return books[book_id]
