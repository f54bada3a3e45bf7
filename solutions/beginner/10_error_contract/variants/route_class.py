"""Catches the exception in a route class, answers with dictionaries, and checks by validators."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, HTTPException, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, StrictBool, StrictInt, field_validator

PROBLEM = "application/problem+json"
TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


class PromisingRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await inner(request)
            except RequestValidationError as exc:
                return refusal(exc, request.headers.get("content-type", ""))

        return handler


def refusal(exc: RequestValidationError, content_type: str) -> Response:
    errors = []
    declared = content_type.partition(";")[0].strip().lower() == "application/json"
    for error in exc.errors():
        place, *parts = error["loc"]
        item = {"location": place, "detail": error["msg"], "code": error["type"]}
        if place != "body":
            item["name"] = parts[0]
        elif exc.body and not declared:
            item |= {"pointer": "", "detail": "Only application/json is read.", "code": "media"}
        elif error["type"] == "json_invalid":
            item["pointer"] = ""
        else:
            item["pointer"] = pointer_to(parts)
        errors.append(item)
    problem = {
        "type": "https://bookshop.example/problems/invalid-request",
        "title": "The request is not valid.",
        "status": 422,
        "detail": f"Problems found: {len(errors)}",
        "errors": errors,
    }
    return JSONResponse(problem, status_code=422, media_type=PROBLEM)


def pointer_to(parts: list[Any]) -> str:
    escapes = str.maketrans({"~": "~0", "/": "~1"})
    return "".join(f"/{str(part).translate(escapes)}" for part in parts)


class Registration(BaseModel):
    name: str
    email: str
    password: str

    @field_validator("name")
    @classmethod
    def not_empty(cls, name: str) -> str:
        if not name:
            raise ValueError("a name is needed")
        return name

    @field_validator("email")
    @classmethod
    def has_an_at(cls, email: str) -> str:
        if "@" not in email:
            raise ValueError("an address has an @")
        return email

    @field_validator("password")
    @classmethod
    def long_enough(cls, password: str) -> str:
        if len(password) < 12:
            raise ValueError("twelve characters are the least")
        return password


class Line(BaseModel):
    isbn: str = Field(min_length=13, max_length=13, pattern=r"^\d+$")
    copies: StrictInt = Field(gt=0, lt=100)


class Basket(BaseModel):
    lines: list[Line] = Field(min_length=1)
    gift: StrictBool = False
    vouchers: dict[str, Annotated[StrictInt, Field(gt=0)]] = Field(default_factory=dict)


customers: list[dict[str, Any]] = []
router = APIRouter(
    route_class=PromisingRoute,
    responses={422: {"description": "Not valid", "content": {PROBLEM: {"schema": SCHEMA}}}},
)


@router.post("/customers", status_code=201)
def register(registration: Registration) -> dict[str, Any]:
    customers.append({"id": len(customers), "name": registration.name, "email": registration.email})
    return customers[-1]


@router.get("/customers/{customer_id}")
def show(customer_id: int) -> dict[str, Any]:
    if not 0 <= customer_id < len(customers):
        raise HTTPException(404, f"There is no customer {customer_id}.")
    return customers[customer_id]


@router.post("/branches/{branch}/checkout")
def check(
    branch: Annotated[int, Path(ge=1, le=12)], basket: Basket, express: bool = False
) -> dict[str, Any]:
    return {"branch": branch, "express": express, **basket.model_dump()}


app = FastAPI()
app.include_router(router)
