from itertools import count
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from pydantic import BaseModel


class NewBook(BaseModel):
    title: str
    author: str


class Book(NewBook):
    id: int


class Shelf:
    """The books of one running app, by id."""

    def __init__(self) -> None:
        self.books: dict[int, Book] = {}
        self._ids = count(1)

    def add(self, new: NewBook) -> Book:
        book = Book(id=next(self._ids), **new.model_dump())
        self.books[book.id] = book
        return book


def get_shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


ShelfDep = Annotated[Shelf, Depends(get_shelf)]

app = FastAPI(title="Bookshop")
app.state.shelf = Shelf()


@app.get("/books")
def list_books(shelf: ShelfDep) -> list[Book]:
    return list(shelf.books.values())


@app.get("/books/{book_id}")
def read_book(book_id: int, shelf: ShelfDep) -> Book:
    book = shelf.books.get(book_id)
    if book is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}.")
    return book


@app.post("/books", status_code=status.HTTP_201_CREATED)
def add_book(new: NewBook, shelf: ShelfDep, request: Request, response: Response) -> Book:
    book = shelf.add(new)
    response.headers["Location"] = request.url_for("read_book", book_id=book.id).path
    return book
