"""Searches for the pattern anywhere in the text, so that longer ones pass.

Fails: test_what_is_no_isbn_is_422
"""

from enum import StrEnum
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, status
from pydantic import BaseModel

from . import catalogue
from .catalogue import Book


class Genre(StrEnum):
    CRIME = "crime"
    POETRY = "poetry"
    TRAVEL = "travel"
    CHILDREN = "children"


class Page(BaseModel):
    book_id: int
    page: int
    text: str


class File(BaseModel):
    path: str
    text: str


BookId = Annotated[int, Path(ge=1, description="The number of a book.")]
PageNumber = Annotated[int, Path(ge=1, le=2000, description="A page; the first one is 1.")]
Isbn = Annotated[str, Path(pattern="[0-9]{9}[0-9X]", description="An ISBN of ten characters.")]

app = FastAPI(title="Bookshop")


# Above /books/{book_id}: the first route that fits takes the request.
@app.get("/books/newest")
def read_newest_book() -> Book:
    return catalogue.newest_book()


@app.get("/books/{book_id}")
def read_book(book_id: BookId) -> Book:
    book = catalogue.find_book(book_id)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}.")
    return book


@app.get("/books/{book_id}/pages/{page}")
def read_page(book_id: BookId, page: PageNumber) -> Page:
    text = catalogue.read_page(book_id, page)
    if text is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no page {page} of {book_id}.")
    return Page(book_id=book_id, page=page, text=text)


@app.get("/books/isbn/{isbn}")
def read_book_by_isbn(isbn: Isbn) -> Book:
    book = catalogue.find_isbn(isbn)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book with ISBN {isbn}.")
    return book


@app.get("/shelves/{genre}")
def read_shelf(genre: Genre) -> list[Book]:
    return catalogue.books_of(genre)


@app.get("/files/{file_path:path}")
def read_file(file_path: str) -> File:
    text = catalogue.read_file(file_path)
    if text is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no file {file_path}.")
    return File(path=file_path, text=text)
