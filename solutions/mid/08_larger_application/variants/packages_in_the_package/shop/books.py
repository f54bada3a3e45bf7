from typing import Annotated

from fastapi import APIRouter, Query

from .dependencies import InStore, ItsSettings, find_book
from .models import Refusal
from .models.books import RatedBook

router = APIRouter(prefix="/books", tags=["books"])


@router.get("")
async def list_books(
    store: InStore,
    settings: ItsSettings,
    author: str | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
) -> list[RatedBook]:
    """List one page of the books."""
    found = [book for book in store.books.values() if author is None or book.author == author]
    size = settings.page_size
    return [store.rated(book) for book in found[(page - 1) * size :][:size]]


@router.get("/{isbn}", responses={404: {"model": Refusal}})
async def read_book(isbn: str, store: InStore) -> RatedBook:
    """Show one book."""
    return store.rated(find_book(store, isbn))
