"""A router over a list, a merged review validated anew, and 405 as routes of last resort."""

from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ReviewIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    book: str
    stars: int = Field(ge=1, le=5)
    comment: str | None = None


class PartialReview(BaseModel):
    model_config = ConfigDict(extra="forbid")

    book: str | None = None
    stars: int | None = None
    comment: str | None = None


rows: list[ReviewIn | None] = []
router = APIRouter(prefix="/reviews")


def show(index: int) -> dict[str, Any]:
    row = rows[index] if 0 <= index < len(rows) else None
    if row is None:
        raise HTTPException(status_code=404, detail="no such review")
    return {"id": index, **row.model_dump()}


@router.get("")
@router.head("")
def every() -> list[dict[str, Any]]:
    return [show(index) for index, row in enumerate(rows) if row is not None]


@router.post("", status_code=201)
def create(review: ReviewIn, request: Request, response: Response) -> dict[str, Any]:
    rows.append(review)
    response.headers["location"] = str(request.url_for("one", number=len(rows) - 1))
    return show(len(rows) - 1)


@router.get("/{number}")
@router.head("/{number}")
def one(number: int) -> dict[str, Any]:
    return show(number)


@router.put("/{number}")
def replace(number: int, review: ReviewIn) -> dict[str, Any]:
    show(number)
    rows[number] = review
    return show(number)


@router.patch("/{number}")
def change(number: int, part: PartialReview) -> dict[str, Any]:
    merged = {**show(number), **part.model_dump(exclude_unset=True)}
    del merged["id"]
    try:
        rows[number] = ReviewIn.model_validate(merged)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    return show(number)


@router.delete("/{number}", status_code=204, response_class=Response)
def delete(number: int) -> None:
    show(number)
    rows[number] = None


@router.api_route("", methods=["PUT", "PATCH", "DELETE"], include_in_schema=False)
def not_for_the_list() -> Response:
    raise HTTPException(405, headers={"Allow": "GET, HEAD, POST"})


@router.api_route("/{number}", methods=["POST"], include_in_schema=False)
def not_for_one_review() -> Response:
    raise HTTPException(405, headers={"Allow": "GET, HEAD, PUT, PATCH, DELETE"})


app = FastAPI()
app.include_router(router)
