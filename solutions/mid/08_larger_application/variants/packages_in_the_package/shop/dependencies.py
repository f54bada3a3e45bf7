from typing import Annotated

from fastapi import Depends, HTTPException

from .models.books import Book
from .settings import Settings
from .store import Store


def get_settings() -> Settings:
    raise NotImplementedError("an app puts its own settings here")


def get_store() -> Store:
    raise NotImplementedError("an app puts its own store here")


InStore = Annotated[Store, Depends(get_store)]
ItsSettings = Annotated[Settings, Depends(get_settings)]


def find_book(store: Store, isbn: str) -> Book:
    book = store.books.get(isbn)
    if book is None:
        raise HTTPException(404, f"There is no book {isbn}.")
    return book
