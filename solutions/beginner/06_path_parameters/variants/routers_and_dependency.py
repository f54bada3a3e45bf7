"""Async handlers in routers, a dependency that finds the book, Literal, and older spellings."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path
from pydantic import PositiveInt, StringConstraints

from . import catalogue

books = APIRouter(prefix="/books", tags=["books"])
rest = APIRouter()


async def known_book(book_id: PositiveInt) -> catalogue.Book:
    book = catalogue.find_book(book_id)
    if book is None:
        raise HTTPException(404)
    return book


KnownBook = Annotated[catalogue.Book, Depends(known_book)]


@books.get("/isbn/{isbn}", response_model=catalogue.Book)
async def by_isbn(isbn: Annotated[str, StringConstraints(pattern=r"^\d{9}[\dX]$")]) -> Any:
    book = catalogue.find_isbn(isbn)
    if book is None:
        raise HTTPException(404)
    return book


@books.get("/newest")
async def newest() -> catalogue.Book:
    return catalogue.newest_book()


@books.get("/{book_id}/pages/{page}")
async def page_of(book: KnownBook, page: int = Path(..., gt=0, lt=2001)) -> dict[str, Any]:
    if page > book.pages:
        raise HTTPException(404, f"{book.title} ends at page {book.pages}")
    return {"book_id": book.id, "page": page, "text": catalogue.read_page(book.id, page)}


@books.get("/{book_id}")
async def one(book: KnownBook) -> catalogue.Book:
    return book


@rest.get("/shelves/{genre}")
async def shelf(genre: Literal["children", "crime", "poetry", "travel"]) -> list[catalogue.Book]:
    return catalogue.books_of(genre)


@rest.get("/files/{file_path:path}")
async def file(file_path: str) -> dict[str, str]:
    text = catalogue.read_file(file_path)
    if text is None:
        raise HTTPException(404, "no such file")
    return {"path": file_path, "text": text}


app = FastAPI()
app.include_router(rest)
app.include_router(books)
