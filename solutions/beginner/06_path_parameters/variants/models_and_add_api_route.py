"""A model for the path parameters, a plain Enum with its value, and JSON answers made by hand."""

from enum import Enum
from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from .catalogue import Book, books_of, find_book, find_isbn, newest_book, read_file, read_page


class Genre(Enum):
    poetry = "poetry"
    crime = "crime"
    children = "children"
    travel = "travel"


class Place(BaseModel):
    book_id: int = Field(ge=1)
    page: int = Field(ge=1, le=2000)


def nothing() -> JSONResponse:
    return JSONResponse({"error": "we do not have this"}, status_code=404)


def book_or_404(book: Book | None) -> JSONResponse:
    return nothing() if book is None else JSONResponse(book.model_dump())


def newest() -> JSONResponse:
    return book_or_404(newest_book())


def by_number(book_id: Annotated[int, Field(gt=0)]) -> JSONResponse:
    return book_or_404(find_book(book_id))


def by_isbn(isbn: Annotated[str, Path(pattern="^[0-9]{9}[0-9X]$")]) -> JSONResponse:
    return book_or_404(find_isbn(isbn))


def page(place: Annotated[Place, Path()]) -> JSONResponse:
    text = read_page(place.book_id, place.page)
    return nothing() if text is None else JSONResponse({**place.model_dump(), "text": text})


def shelf(genre: Genre) -> JSONResponse:
    return JSONResponse([book.model_dump() for book in books_of(genre.value)])


def file(file_path: str) -> JSONResponse:
    text = read_file(file_path)
    return nothing() if text is None else JSONResponse({"path": file_path, "text": text})


app = FastAPI()
app.add_api_route("/books/{book_id}/pages/{page}", page)
app.add_api_route("/books/newest", newest)
app.add_api_route("/books/isbn/{isbn}", by_isbn)
app.add_api_route("/books/{book_id}", by_number)
app.add_api_route("/shelves/{genre}", shelf)
app.add_api_route("/files/{file_path:path}", file)
