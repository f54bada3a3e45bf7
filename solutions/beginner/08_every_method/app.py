from itertools import count
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.exception_handlers import http_exception_handler
from fastapi.routing import iter_route_contexts
from pydantic import MISSING, BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

Stars = Annotated[int, Field(ge=1, le=5)]


class NewReview(BaseModel):
    book: str
    stars: Stars
    comment: str | None = None


class Review(NewReview):
    id: int


class ReviewChange(BaseModel):
    """What PATCH may send: each field may be missing, and only the comment may be null."""

    book: str | MISSING = MISSING
    stars: Stars | MISSING = MISSING
    comment: str | MISSING | None = MISSING


class Reviews:
    """The reviews of one running app, by id."""

    def __init__(self) -> None:
        self.by_id: dict[int, Review] = {}
        self._ids = count(1)

    def add(self, new: NewReview) -> Review:
        return self.save(Review(id=next(self._ids), **new.model_dump()))

    def find(self, review_id: int) -> Review:
        review = self.by_id.get(review_id)
        if review is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no review {review_id}.")
        return review

    def save(self, review: Review) -> Review:
        self.by_id[review.id] = review
        return review


def get_reviews(request: Request) -> Reviews:
    reviews: Reviews = request.app.state.reviews
    return reviews


ReviewsDep = Annotated[Reviews, Depends(get_reviews)]

app = FastAPI(title="Reviews")
app.state.reviews = Reviews()


@app.head("/reviews", include_in_schema=False)
@app.get("/reviews")
async def list_reviews(reviews: ReviewsDep) -> list[Review]:
    return list(reviews.by_id.values())


@app.post("/reviews", status_code=status.HTTP_201_CREATED)
async def add_review(
    new: NewReview, reviews: ReviewsDep, request: Request, response: Response
) -> Review:
    review = reviews.add(new)
    response.headers["Location"] = request.url_for("read_review", review_id=review.id).path
    return review


@app.head("/reviews/{review_id}", include_in_schema=False)
@app.get("/reviews/{review_id}")
async def read_review(review_id: int, reviews: ReviewsDep) -> Review:
    return reviews.find(review_id)


@app.put("/reviews/{review_id}")
async def replace_review(review_id: int, new: NewReview, reviews: ReviewsDep) -> Review:
    reviews.find(review_id)
    return reviews.save(Review(id=review_id, **new.model_dump()))


@app.patch("/reviews/{review_id}")
async def change_review(review_id: int, change: ReviewChange, reviews: ReviewsDep) -> Review:
    review = reviews.find(review_id)
    return reviews.save(review.model_copy(update=change.model_dump()))


@app.delete("/reviews/{review_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_review(review_id: int, reviews: ReviewsDep) -> None:
    review = reviews.find(review_id)
    del reviews.by_id[review.id]


@app.exception_handler(status.HTTP_405_METHOD_NOT_ALLOWED)
async def name_allowed_methods(request: Request, error: StarletteHTTPException) -> Response:
    """Let Allow name the methods of every route with this path, not only of the first one."""
    methods = {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
    error.headers = {"Allow": ", ".join(sorted(methods))}
    return await http_exception_handler(request, error)
