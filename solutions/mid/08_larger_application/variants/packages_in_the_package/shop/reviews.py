from fastapi import APIRouter

from .dependencies import InStore, find_book
from .models import Refusal
from .models.reviews import NewReview, Review

router = APIRouter(prefix="/books/{isbn}/reviews", tags=["reviews"])


@router.get("", responses={404: {"model": Refusal}})
async def list_reviews(isbn: str, store: InStore) -> list[Review]:
    """List the reviews of one book."""
    return store.reviews_of(find_book(store, isbn))


@router.post("", status_code=201, responses={404: {"model": Refusal}})
async def add_review(isbn: str, new: NewReview, store: InStore) -> Review:
    """Review a book."""
    return store.review(find_book(store, isbn), new)
