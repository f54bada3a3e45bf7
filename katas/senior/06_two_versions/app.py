"""The bookshop's API as it answers today. Nobody thought of versions then; this is version 1."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Request, Response, status
from pydantic import BaseModel, Field

from . import shop

Price = Annotated[float, Field(ge=0)]


class BookOut(BaseModel):
    """A book as clients see it."""

    isbn: str
    title: str
    author: str
    price: float


class NewBook(BaseModel):
    """A book as clients send it."""

    isbn: Annotated[str, Field(pattern=r"^[0-9-]+$")]
    title: str
    author: str
    price: Price


class Change(BaseModel):
    """What clients may change in a book; what they leave out stays."""

    title: str | None = None
    author: str | None = None
    price: Price | None = None


def shown(book: shop.Book) -> BookOut:
    """Show a book to a client."""
    author = " & ".join(book.authors)
    return BookOut(isbn=book.isbn, title=book.title, author=author, price=book.cents / 100)


app = FastAPI(title="Bookshop")


@app.get("/books")
async def list_books(
    response: Response, after: str = "", limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[BookOut]:
    """A page of books; the link `next` leads to the page behind it."""
    books = shop.catalogue.page(after, limit + 1)
    if len(books) > limit:
        last = books[limit - 1].isbn
        response.headers["Link"] = f'</books?after={last}&limit={limit}>; rel="next"'
    return [shown(book) for book in books[:limit]]


@app.get("/books/{isbn}")
async def read_book(isbn: str) -> BookOut:
    """One book."""
    try:
        return shown(shop.catalogue.find(isbn))
    except shop.NoSuchBookError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error


@app.post("/books", status_code=status.HTTP_201_CREATED)
async def add_book(new: NewBook, request: Request, response: Response) -> BookOut:
    """Add a book."""
    authors = tuple(new.author.split(" & "))
    book = shop.Book(new.isbn, new.title, authors, round(new.price * 100))
    try:
        shop.catalogue.add(book)
    except shop.AlreadyThereError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    response.headers["Location"] = f"/books/{book.isbn}"
    return shown(book)


@app.patch("/books/{isbn}")
async def change_book(isbn: str, change: Change) -> BookOut:
    """Change a book."""
    changes = change.model_dump(include={"title"}, exclude_none=True)
    if change.author is not None:
        changes["authors"] = tuple(change.author.split(" & "))
    if change.price is not None:
        changes["cents"] = round(change.price * 100)
    try:
        return shown(shop.catalogue.change(isbn, **changes))
    except shop.NoSuchBookError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, str(error)) from error


# Build:
#   /v1/books, /v2/books   each version at an address of its own, over the one catalogue
#   /books                 the version that `API-Version` names, or version 1
#   refused                a version that there is not, and two that contradict each other
#   two documents          /v1/openapi.json and /v2/openapi.json, with /v1/docs and /v2/docs
#   the way out of v1      Deprecation, Sunset and Link on all that version 1 answers
#   one fix                an ISBN may have hyphens, in every version
