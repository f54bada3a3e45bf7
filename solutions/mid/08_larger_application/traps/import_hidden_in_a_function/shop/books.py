from typing import Annotated

from fastapi import APIRouter, Depends, Query

from .dependencies import SettingsNow, StoreNow, find_book
from .models import Book, RatedBook, Refusal
from .store import Store

router = APIRouter(prefix="/books", tags=["books"])

BookInPath = Annotated[Book, Depends(find_book)]


def rated(book: Book, store: Store) -> RatedBook:
    """A book with the mean of its stars."""
    from .reviews import stars_of  # at the top it would be a circular import

    stars = stars_of(book, store)
    rating = round(sum(stars) / len(stars), 1) if stars else None
    return RatedBook(**book.model_dump(), rating=rating)


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
    return [rated(book, store) for book in found[begin : begin + settings.page_size]]


@router.get("/{isbn}", responses={404: {"model": Refusal}})
def read_book(book: BookInPath, store: StoreNow) -> RatedBook:
    """Show one book."""
    return rated(book, store)
