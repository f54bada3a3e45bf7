import secrets
from typing import Annotated

from fastapi import Depends, HTTPException, Request, status
from fastapi.security import APIKeyHeader

from .models import Book
from .settings import Settings
from .store import Store


def get_settings(request: Request) -> Settings:
    """The settings of the app that the request reached."""
    settings: Settings = request.app.state.settings
    return settings


def get_store(request: Request) -> Store:
    """The store of the app that the request reached."""
    store: Store = request.app.state.store
    return store


SettingsNow = Annotated[Settings, Depends(get_settings)]
StoreNow = Annotated[Store, Depends(get_store)]


def find_book(isbn: str, store: StoreNow) -> Book:
    """Find a book, or end the request with 404."""
    if isbn not in store.books:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {isbn}.")
    return store.books[isbn]


BookInPath = Annotated[Book, Depends(find_book)]


def require_staff(
    key: Annotated[str, Depends(APIKeyHeader(name="X-API-Key"))], settings: SettingsNow
) -> None:
    """Refuse everybody who does not know the key of the staff."""
    expected = settings.staff_key.get_secret_value()
    if not secrets.compare_digest(key.encode(), expected.encode()):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "The office is for the staff.")
