"""A parameter in a router's prefix, a class as dependency, a checked ISBN, an app under /files."""

from enum import Enum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, status
from pydantic import AfterValidator, Field

from . import catalogue
from .catalogue import Book


class Genre(str, Enum):  # noqa: UP042 - as it was written before StrEnum
    crime = "crime"
    poetry = "poetry"
    travel = "travel"
    children = "children"


def with_right_check_digit(isbn: str) -> str:
    weights = range(10, 0, -1)
    values = [10 if sign == "X" else int(sign) for sign in isbn]
    if sum(weight * value for weight, value in zip(weights, values, strict=True)) % 11:
        raise ValueError("the check digit is wrong")
    return isbn


Isbn = Annotated[str, Path(pattern="^[0-9]{9}[0-9X]$"), AfterValidator(with_right_check_digit)]


class OneBook:
    def __init__(self, book_id: Annotated[int, Path(gt=0)]) -> None:
        self.book_id = book_id

    def book(self) -> Book:
        found = catalogue.find_book(self.book_id)
        if found is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return found


one_book = APIRouter(prefix="/books/{book_id}")


@one_book.get("")
def show(one: Annotated[OneBook, Depends()]) -> Book:
    return one.book()


@one_book.get("/pages/{page}")
def show_page(
    one: Annotated[OneBook, Depends()], page: Annotated[int, Field(ge=1, le=2000)]
) -> dict[str, Any]:
    text = catalogue.read_page(one.book().id, page)
    if text is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return {"book_id": one.book_id, "page": page, "text": text}


app = FastAPI()


@app.get("/books/newest")
def newest() -> Book:
    return catalogue.newest_book()


@app.get("/books/isbn/{isbn}")
def by_isbn(isbn: Isbn) -> Book:
    found = catalogue.find_isbn(isbn)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return found


@app.get("/shelves/{genre}")
def shelf(genre: Genre) -> list[Book]:
    return catalogue.books_of(genre)


app.include_router(one_book)

files = FastAPI()


@files.get("/{file_path:path}")
def show_file(file_path: str) -> dict[str, str]:
    text = catalogue.read_file(file_path)
    if text is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return {"path": file_path, "text": text}


app.mount("/files", files)
