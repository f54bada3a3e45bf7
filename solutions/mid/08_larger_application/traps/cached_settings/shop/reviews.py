from fastapi import APIRouter

from .dependencies import BookInPath, StoreNow
from .models import NewReview, Refusal, Review

router = APIRouter(
    prefix="/books/{isbn}/reviews", tags=["reviews"], responses={404: {"model": Refusal}}
)


@router.get("")
def list_reviews(book: BookInPath, store: StoreNow) -> list[Review]:
    """List the reviews of one book."""
    return [review for review in store.reviews.values() if review.isbn == book.isbn]


@router.post("", status_code=201)
def add_review(book: BookInPath, new: NewReview, store: StoreNow) -> Review:
    """Review a book."""
    review = Review(**new.model_dump(), id=next(store.review_ids), isbn=book.isbn)
    store.reviews[review.id] = review
    return review
