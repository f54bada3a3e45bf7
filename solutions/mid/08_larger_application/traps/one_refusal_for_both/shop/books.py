from typing import Annotated

from fastapi import APIRouter, Query

from .dependencies import BookInPath, SettingsNow, StoreNow
from .models import RatedBook, Refusal

router = APIRouter(prefix="/books", tags=["books"])


@router.get("")
def list_books(
    store: StoreNow,
    settings: SettingsNow,
    page: Annotated[int, Query(ge=1)] = 1,
    author: str | None = None,
) -> list[RatedBook]:
    """List one page of the books."""
    found = [book for book in store.books.values() if author in (None, book.author)]
    begin = (page - 1) * settings.page_size
    return [store.rated(book) for book in found[begin : begin + settings.page_size]]


@router.get("/{isbn}", responses={404: {"model": Refusal}})
def read_book(book: BookInPath, store: StoreNow) -> RatedBook:
    """Show one book."""
    return store.rated(book)
