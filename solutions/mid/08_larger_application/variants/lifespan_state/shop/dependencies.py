import hmac
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Path, Request, status
from fastapi.exceptions import HTTPException
from fastapi.security import APIKeyHeader

from .models import Book
from .settings import Settings
from .store import Store

if TYPE_CHECKING:
    from .main import State


def state_of(request: Request) -> "State":
    return {"settings": request.state.settings, "store": request.state.store}


def get_settings(request: Request) -> Settings:
    return state_of(request)["settings"]


def get_store(request: Request) -> Store:
    return state_of(request)["store"]


class BookFinder:
    def __init__(self, store: Annotated[Store, Depends(get_store)]) -> None:
        self.store = store

    def __call__(self, isbn: str) -> Book:
        try:
            return self.store.books[isbn]
        except KeyError:
            words = f"There is no book {isbn}."
            raise HTTPException(status.HTTP_404_NOT_FOUND, words) from None


def book_in_path(isbn: Annotated[str, Path()], find: Annotated[BookFinder, Depends()]) -> Book:
    return find(isbn)


class StaffOnly(APIKeyHeader):
    def __init__(self) -> None:
        super().__init__(name="X-API-Key", scheme_name="APIKeyHeader")


class Guard:
    def __init__(
        self,
        key: Annotated[str, Depends(StaffOnly())],
        settings: Annotated[Settings, Depends(get_settings)],
    ) -> None:
        expected = settings.staff_key.get_secret_value().encode()
        if not hmac.compare_digest(expected, key.encode()):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "The office is for the staff.")
