from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query

from .dependencies import book_in_path, get_settings, get_store
from .models import Book, RatedBook, Refusal
from .settings import Settings
from .store import Store


class Page(NamedTuple):
    begin: int
    end: int


def page_of(
    settings: Annotated[Settings, Depends(get_settings)], page: Annotated[int, Query(ge=1)] = 1
) -> Page:
    return Page((page - 1) * settings.page_size, page * settings.page_size)


def list_books(
    page: Annotated[Page, Depends(page_of)],
    store: Annotated[Store, Depends(get_store)],
    author: str | None = None,
) -> list[RatedBook]:
    """List one page of the books."""
    found = [book for book in store.books.values() if author in (None, book.author)]
    return [store.rated(book) for book in found[page.begin : page.end]]


def read_book(
    book: Annotated[Book, Depends(book_in_path)], store: Annotated[Store, Depends(get_store)]
) -> RatedBook:
    """Show one book."""
    return store.rated(book)


router = APIRouter(prefix="/books", tags=["books"])
router.add_api_route("", list_books)
router.add_api_route("/{isbn}", read_book, responses={404: {"model": Refusal}})
