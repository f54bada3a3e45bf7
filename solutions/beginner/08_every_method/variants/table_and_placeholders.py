"""Placeholder defaults for PATCH, HEAD by hand, and a table for Allow."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException


class ReviewFields(BaseModel):
    """Every field has a default, which only stands for "not sent"."""

    book: str = ""
    stars: int = Field(default=1, gt=0, lt=6)
    comment: str | None = None


class WholeReview(ReviewFields):
    book: str
    stars: int = Field(gt=0, lt=6)


@dataclass
class Row:
    id: int
    book: str
    stars: int
    comment: str | None


ReviewId = Annotated[int, Path(alias="review_id")]
ALLOWED = {
    "/reviews": "GET, HEAD, POST",
    "/reviews/{review_id}": "DELETE, GET, HEAD, PATCH, PUT",
}
table: dict[int, Row] = {}
last_id = 0


async def every() -> list[Row]:
    return [row for _, row in sorted(table.items())]


async def length_of_every() -> Response:
    return without_body([vars(row) for row in await every()])


async def create(whole: WholeReview) -> JSONResponse:
    global last_id
    last_id += 1
    table[last_id] = Row(id=last_id, **whole.model_dump())
    return JSONResponse(vars(table[last_id]), 201, {"Location": f"/reviews/{last_id}"})


async def one(key: ReviewId) -> Row:
    try:
        return table[key]
    except KeyError:
        raise HTTPException(404, f"review {key} is not here") from None


async def length_of_one(key: ReviewId) -> Response:
    return without_body(vars(await one(key)))


async def change(key: ReviewId, fields: ReviewFields) -> Row:
    row = await one(key)
    for name in fields.model_fields_set:
        setattr(row, name, getattr(fields, name))
    return row


async def replace(key: ReviewId, whole: WholeReview) -> Row:
    row = await one(key)
    row.book, row.stars, row.comment = whole.book, whole.stars, whole.comment
    return row


async def delete(key: ReviewId) -> Response:
    del table[(await one(key)).id]
    return Response(status_code=204)


def without_body(content: Any) -> Response:
    """The head of a JSON answer: its headers, among them its length, and nothing else."""
    answer = JSONResponse(content)
    return Response(headers=dict(answer.headers))


async def refuse(request: Request, error: StarletteHTTPException) -> JSONResponse:
    headers = dict(error.headers or {})
    if error.status_code == 405:
        one_or_all = "/reviews/{review_id}" if request.path_params else "/reviews"
        headers["Allow"] = ALLOWED[one_or_all]
    return JSONResponse({"detail": error.detail}, error.status_code, headers)


app = FastAPI(exception_handlers={StarletteHTTPException: refuse})
app.add_api_route("/reviews", every, methods=["GET"])
app.add_api_route("/reviews", length_of_every, methods=["HEAD"])
app.add_api_route("/reviews", create, methods=["POST"], status_code=201, response_model=None)
app.add_api_route("/reviews/{review_id}", one, methods=["GET"])
app.add_api_route("/reviews/{review_id}", length_of_one, methods=["HEAD"])
app.add_api_route("/reviews/{review_id}", replace, methods=["PUT"])
app.add_api_route("/reviews/{review_id}", change, methods=["PATCH"])
app.add_api_route("/reviews/{review_id}", delete, methods=["DELETE"], status_code=204)
