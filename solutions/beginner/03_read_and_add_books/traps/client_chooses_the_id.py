"""Takes the id from the client, with a default, so a client can overwrite a book.

Fails: test_the_server_chooses_the_id
"""

from itertools import count

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel


class NewBook(BaseModel):
    title: str
    author: str
    id: int | None = None


app = FastAPI()
books: dict[int, dict] = {}
ids = count(1)


@app.get("/books")
def list_books():
    return list(books.values())


@app.get("/books/{book_id}")
def read_book(book_id: int):
    if book_id not in books:
        raise HTTPException(404)
    return books[book_id]


@app.post("/books", status_code=201)
def add_book(new: NewBook, response: Response):
    book_id = new.id or next(ids)
    books[book_id] = {**new.model_dump(), "id": book_id}
    response.headers["Location"] = f"/books/{book_id}"
    return books[book_id]
