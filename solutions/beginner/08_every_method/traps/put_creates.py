"""Creates a review on PUT under an id that the client chose.

Fails: test_every_method_answers_404_for_an_unknown_review
"""

from itertools import count

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from pydantic import BaseModel, Field, field_validator
from starlette.routing import Match, Route


class NewReview(BaseModel):
    book: str
    stars: int = Field(ge=1, le=5)
    comment: str | None = None


class ReviewChange(BaseModel):
    book: str | None = None
    stars: int | None = Field(None, ge=1, le=5)
    comment: str | None = None

    @field_validator("book", "stars")
    @classmethod
    def not_null(cls, value):
        if value is None:
            raise ValueError("may be left out, but not null")
        return value


app = FastAPI()
reviews: dict[int, dict] = {}
ids = count(1)


def find(review_id: int) -> dict:
    if review_id not in reviews:
        raise HTTPException(404)
    return reviews[review_id]


@app.head("/reviews", include_in_schema=False)
@app.get("/reviews")
def list_reviews():
    return list(reviews.values())


@app.post("/reviews", status_code=201)
def add_review(new: NewReview, response: Response):
    review_id = next(ids)
    reviews[review_id] = {"id": review_id, **new.model_dump()}
    response.headers["Location"] = f"/reviews/{review_id}"
    return reviews[review_id]


@app.head("/reviews/{review_id}", include_in_schema=False)
@app.get("/reviews/{review_id}")
def read_review(review_id: int):
    return find(review_id)


@app.put("/reviews/{review_id}")
def replace_review(review_id: int, new: NewReview):
    reviews[review_id] = {"id": review_id, **new.model_dump()}
    return reviews[review_id]


@app.patch("/reviews/{review_id}")
def change_review(review_id: int, change: ReviewChange):
    review = find(review_id)
    review.update(change.model_dump(exclude_unset=True))
    return review


@app.delete("/reviews/{review_id}", status_code=204)
def remove_review(review_id: int):
    find(review_id)
    del reviews[review_id]


@app.exception_handler(405)
async def allow_every_method(request: Request, error):
    allowed = set()
    for route in app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            allowed |= route.methods
    error.headers = {"Allow": ", ".join(allowed)}
    return await http_exception_handler(request, error)
