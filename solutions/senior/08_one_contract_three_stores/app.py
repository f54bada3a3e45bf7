import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, Query, Request, Response, status
from fastapi.responses import JSONResponse

from .contract import Book, Books, Change, NewBook, TooFewCopiesError, UnknownBookError, Wanted
from .stores import over_mongodb, over_sqlalchemy, over_tortoise

Opener = Callable[[str], AbstractAsyncContextManager[Books]]
# By what STORE says: how a store is opened, and the variable that has its address.
STORES: dict[str, tuple[Opener, str]] = {
    "sqlalchemy": (over_sqlalchemy.open_books, "DATABASE_URL"),
    "mongodb": (over_mongodb.open_books, "MONGODB_URL"),
    "tortoise": (over_tortoise.open_books, "DATABASE_URL"),
}


class State(TypedDict):
    books: Books


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    open_books, variable = STORES[os.environ["STORE"]]
    async with open_books(os.environ[variable]) as books:
        yield {"books": books}


async def get_books(request: Request) -> Books:
    books: Books = request.state.books
    return books


BooksDep = Annotated[Books, Depends(get_books)]

app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.exception_handler(UnknownBookError)
async def unknown_book(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"detail": "There is no such book."}, status.HTTP_404_NOT_FOUND)


@app.exception_handler(TooFewCopiesError)
async def too_few_copies(_request: Request, _error: Exception) -> Response:
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
