"""Takes the body apart into async handlers' parameters, and hands FastAPI the handler at once."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Request, Response
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, Strict, TypeAdapter


@dataclass
class Refusal:
    errors: list[dict[str, str]]
    status: int = 422
    title: str = "The request is not valid."
    type: str = "https://bookshop.example/problems/invalid-request"


async def answer_invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    errors: list[dict[str, str]] = []
    for error in exc.errors():
        location, *way = map(str, error["loc"])
        if location == "body":
            escaped = [part.replace("~", "~0").replace("/", "~1") for part in way]
            place = {"pointer": "/".join(["", *escaped])}
        else:
            place = {"name": way[0]}
        errors.append({"location": location, **place, "detail": error["msg"]})
    whole = ""
    if isinstance(exc.body, bytes):
        whole = "Declare the body as application/json, please."
    elif exc.errors()[0]["type"] == "json_invalid":
        whole = "This is not JSON."
    if whole:
        errors = [error for error in errors if error["location"] != "body"]
        errors.append({"location": "body", "pointer": "", "detail": whole})
    content = TypeAdapter(dict[str, Any]).dump_json(asdict(Refusal(errors)))
    return Response(content, 422, media_type="application/problem+json")


class Line(BaseModel):
    isbn: Annotated[str, Field(pattern=r"^\d{13}$")]
    copies: Annotated[int, Strict(), Field(ge=1, le=99)]


app = FastAPI(exception_handlers={RequestValidationError: answer_invalid})
app.state.names = []
REFUSED: dict[int | str, dict[str, Any]] = {422: {"model": Refusal}}


@app.post("/customers", status_code=201, responses=REFUSED)
async def add(
    request: Request,
    name: Annotated[str, Body(min_length=1)],
    email: Annotated[str, Body(pattern=".*@.*")],
    password: Annotated[str, Body(min_length=12)],
) -> dict[str, Any]:
    request.app.state.names.append((name, email))
    return customer(request, len(request.app.state.names))


@app.get("/customers/{customer_id}", responses=REFUSED)
async def read(request: Request, customer_id: int) -> dict[str, Any]:
    if 0 < customer_id <= len(request.app.state.names):
        return customer(request, customer_id)
    raise HTTPException(status_code=404, detail=f"There is no customer {customer_id}.")


def customer(request: Request, customer_id: int) -> dict[str, Any]:
    name, email = request.app.state.names[customer_id - 1]
    return {"id": customer_id, "name": name, "email": email}


@app.post("/branches/{branch}/checkout", responses=REFUSED)
async def checkout(
    branch: Annotated[int, PathParameter(gt=0, lt=13)],
    lines: Annotated[list[Line], Body(min_length=1)],
    gift: Annotated[bool, Strict(), Body()] = False,
    vouchers: Annotated[dict[str, Annotated[int, Strict(), Field(gt=0)]] | None, Body()] = None,
    express: bool = False,
) -> dict[str, Any]:
    return {
        "branch": branch,
        "express": express,
        "lines": lines,
        "gift": gift,
        "vouchers": vouchers or {},
    }
