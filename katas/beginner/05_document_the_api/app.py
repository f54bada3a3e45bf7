"""The bookshop's API as it runs today: it works, and says nearly nothing about itself."""

from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

# Everything here works. What it does stays; what it says about itself is yours to build:
#   the whole      title, version, description, tags with a description
#   operations     ids, summaries and descriptions; what is deprecated, what is hidden
#   data           fields of the answers, descriptions, examples that work, every error
#   BOOKSHOP_DOCS  the setting that moves the documentation, or switches it off


class NewBook(BaseModel):
    """BS-57: the supplier's feed has the same fields, keep the two alike."""

    isbn: str = Field(pattern=r"^[0-9]{13}$")
    title: str
    author: str
    copies: int = Field(ge=0)


class NewOrder(BaseModel):
    """BS-63: one book an order, until the basket is done."""

    book_id: int
    copies: int = Field(ge=1)


app = FastAPI()

books: dict[int, dict[str, Any]] = {}
orders: list[dict[str, Any]] = []


@app.get("/health")
def health() -> dict[str, str]:
    """BS-12: the load balancer asks every second, keep it cheap."""
    return {"status": "ok"}


@app.get("/catalogue")
@app.get("/books")
def list_books(author: str | None = None) -> list[dict[str, Any]]:
    """BS-41: a plain loop, until there is a database. /catalogue is the old address."""
    return [book for book in books.values() if author in (None, book["author"])]


@app.post("/books", status_code=201)
def add_book(new: NewBook) -> dict[str, Any]:
    """BS-44: the second import of a feed used to double every book."""
    if any(book["isbn"] == new.isbn for book in books.values()):
        raise HTTPException(409, f"The shop already has a book with the ISBN {new.isbn}.")
    book = {"id": len(books) + 1, **new.model_dump()}
    books[book["id"]] = book
    return book


@app.get("/books/{book_id}")
def read_book(book_id: int) -> dict[str, Any]:
    """BS-41: here too."""
    if book_id not in books:
        raise HTTPException(404, f"There is no book {book_id}.")
    return books[book_id]


@app.post("/orders", status_code=201)
def place_order(new: NewOrder) -> dict[str, Any]:
    """BS-70: never sell a copy that is not there."""
    if new.book_id not in books:
        raise HTTPException(404, f"There is no book {new.book_id}.")
    book = books[new.book_id]
    if book["copies"] < new.copies:
        raise HTTPException(409, f"There are only {book['copies']} copies.")
    book["copies"] -= new.copies
    orders.append({"id": len(orders) + 1, **new.model_dump()})
    return orders[-1]
