from typing import Annotated

from fastapi import APIRouter, Depends

from .dependencies import book_in_path, get_store
from .models import Book, NewReview, Refusal, Review
from .store import Store


def list_reviews(
    book: Annotated[Book, Depends(book_in_path)], store: Annotated[Store, Depends(get_store)]
) -> list[Review]:
    """List the reviews of one book."""
    return [review for review in store.reviews.values() if review.isbn == book.isbn]


def add_review(
    book: Annotated[Book, Depends(book_in_path)],
    new: NewReview,
    store: Annotated[Store, Depends(get_store)],
) -> Review:
    """Review a book."""
    review = Review(**new.model_dump(), id=next(store.review_ids), isbn=book.isbn)
    store.reviews[review.id] = review
    return review


router = APIRouter(
    prefix="/books/{isbn}/reviews", tags=["reviews"], responses={404: {"model": Refusal}}
)
router.add_api_route("", list_reviews, methods=["GET"])
router.add_api_route("", add_review, methods=["POST"], status_code=201)
