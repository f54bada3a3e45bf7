"""Keeps the books in a file beside the app, which every running app shares.

Fails: test_a_second_shop_starts_empty
"""

import json
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel


class NewBook(BaseModel):
    title: str
    author: str


STORE = Path(__file__).with_name("books.json")


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    STORE.unlink(missing_ok=True)


app = FastAPI(lifespan=lifespan)
books: dict[int, dict] = {}
if STORE.exists():
    books = {int(book_id): book for book_id, book in json.loads(STORE.read_text()).items()}
ids = count(len(books) + 1)


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
    book_id = next(ids)
    books[book_id] = {"id": book_id, **new.model_dump()}
    STORE.write_text(json.dumps(books))
    response.headers["Location"] = f"/books/{book_id}"
    return books[book_id]
