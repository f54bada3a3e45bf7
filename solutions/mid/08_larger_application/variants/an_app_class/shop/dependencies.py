import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyHeader

from .bookshop import Bookshop
from .models import Book
from .settings import Settings
from .store import Store


def get_shop(request: Request) -> Bookshop:
    assert isinstance(request.app, Bookshop)
    return request.app


def get_settings(request: Request) -> Settings:
    return get_shop(request).settings


def get_store(request: Request) -> Store:
    return get_shop(request).store


SettingsNow = Annotated[Settings, Depends(get_settings)]
StoreNow = Annotated[Store, Depends(get_store)]


def find_book(isbn: str, store: StoreNow) -> Book:
    if isbn not in store.books:
        raise HTTPException(404, f"There is no book {isbn}.")
    return store.books[isbn]


BookInPath = Annotated[Book, Depends(find_book)]
api_key = APIKeyHeader(name="X-API-Key", auto_error=False)


def require_staff(
    settings: SettingsNow, key: Annotated[str | None, Depends(api_key)] = None
) -> None:
    if not key:
        raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "APIKey"})
    if not secrets.compare_digest(key.encode(), settings.staff_key.get_secret_value().encode()):
        raise HTTPException(403, "The office is for the staff.")
