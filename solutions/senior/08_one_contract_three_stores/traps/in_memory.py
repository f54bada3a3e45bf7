"""Keeps the books in a dict, which holds the contract for one process, and until it ends.

Fails: test_the_chosen_store_and_no_other
"""

from decimal import Decimal
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Response, status
from fastapi.responses import JSONResponse

from .contract import Book, Books, Change, NewBook, TooFewCopiesError, UnknownBookError, Wanted


class BooksInMemory:
    def __init__(self) -> None:
        self._books: dict[str, Book] = {}

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        old = self._books.get(isbn)
        price = new.price.quantize(Decimal("0.01"))
        book = Book(isbn=isbn, copies=old.copies if old else 0, **{**dict(new), "price": price})
        self._books[isbn] = book
        return book, old is None

    async def get(self, isbn: str) -> Book:
        if isbn not in self._books:
            raise UnknownBookError
        return self._books[isbn]

    async def change_stock(self, isbn: str, change: int) -> Book:
        book = await self.get(isbn)
        if book.copies + change < 0:
            raise TooFewCopiesError
        self._books[isbn] = book.model_copy(update={"copies": book.copies + change})
        return self._books[isbn]

    async def find(self, wanted: Wanted) -> list[Book]:
        return [
            book
            for _, book in sorted(self._books.items())
            if wanted.language in (None, book.details.get("language"))
            and (wanted.tag is None or wanted.tag in (book.details.get("tags") or []))
            and (book.details.get("pages") or 0) >= (wanted.min_pages or 0)
        ]


ONE = BooksInMemory()


async def get_books() -> Books:
    return ONE


BooksDep = Annotated[Books, Depends(get_books)]

app = FastAPI(title="Bookshop")


@app.exception_handler(UnknownBookError)
async def unknown_book(_request: object, _error: Exception) -> Response:
    return JSONResponse({"detail": "There is no such book."}, status.HTTP_404_NOT_FOUND)


@app.exception_handler(TooFewCopiesError)
async def too_few_copies(_request: object, _error: Exception) -> Response:
    return JSONResponse({"detail": "There are not so many copies."}, status.HTTP_409_CONFLICT)


@app.put("/books/{isbn}", responses={201: {"model": Book}})
async def put_book(isbn: str, new: NewBook, books: BooksDep, response: Response) -> Book:
    book, is_new = await books.put(isbn, new)
    if is_new:
        response.status_code = status.HTTP_201_CREATED
    return book


@app.get("/books/{isbn}")
async def read_book(isbn: str, books: BooksDep) -> Book:
    return await books.get(isbn)


@app.post("/books/{isbn}/stock")
async def change_stock(isbn: str, change: Change, books: BooksDep) -> Book:
    return await books.change_stock(isbn, change.change)


@app.get("/books")
async def find_books(wanted: Annotated[Wanted, Query()], books: BooksDep) -> list[Book]:
    return await books.find(wanted)
