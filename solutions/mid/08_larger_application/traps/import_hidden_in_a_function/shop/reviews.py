from fastapi import APIRouter

from .books import BookInPath
from .dependencies import StoreNow
from .models import Book, NewReview, Refusal, Review
from .store import Store

router = APIRouter(
    prefix="/books/{isbn}/reviews", tags=["reviews"], responses={404: {"model": Refusal}}
)


def stars_of(book: Book, store: Store) -> list[int]:
    """The stars that readers have given to a book."""
    return [review.stars for review in store.reviews.values() if review.isbn == book.isbn]


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
