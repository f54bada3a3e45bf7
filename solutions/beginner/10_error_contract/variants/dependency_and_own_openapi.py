"""Refuses other content types in a dependency, registers by calls, and edits the document."""

import logging
from collections.abc import Iterator
from itertools import count
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr

log = logging.getLogger("bookshop")


def only_numbers(value: object) -> object:
    if type(value) is not int:
        raise ValueError("a number is expected")
    return value


def only_booleans(value: object) -> object:
    if value is not True and value is not False:
        raise ValueError("true or false is expected")
    return value


def is_isbn(text: str) -> str:
    if not (len(text) == 13 and text.isdigit()):
        raise ValueError("an ISBN has 13 digits")
    return text


def is_branch(number: int) -> int:
    if number not in range(1, 13):
        raise ValueError("there is no such branch")
    return number


Number = Annotated[int, BeforeValidator(only_numbers)]


class Person(BaseModel):
    name: str = Field(min_length=1)
    email: str = Field(pattern="^[^@]*@[^@]*$")


class SignUp(Person):
    password: SecretStr = Field(min_length=12)


class Member(Person):
    id: int


class Line(BaseModel):
    isbn: Annotated[str, AfterValidator(is_isbn)]
    copies: Annotated[Number, Field(ge=1, le=99)]


class Basket(BaseModel):
    lines: list[Line] = Field(min_length=1)
    gift: Annotated[bool, BeforeValidator(only_booleans)] = False
    vouchers: dict[str, Annotated[Number, Field(ge=1)]] = Field(default_factory=dict)


class NotJsonError(Exception):
    """The body is declared as something else."""


async def need_json(request: Request) -> None:
    declared = request.headers.get("content-type", "").split(";")[0].strip()
    if declared != "application/json" and await request.body():
        raise NotJsonError


def problem(*errors: dict[str, Any]) -> JSONResponse:
    log.warning("Refused: %s", [error.get("pointer", error.get("name")) for error in errors])
    body = {
        "type": "https://bookshop.example/problems/invalid-request",
        "title": "The request is not valid.",
        "status": 422,
        "errors": errors,
    }
    headers = {"Content-Type": "application/problem+json; charset=utf-8"}
    return JSONResponse(jsonable_encoder(body), 422, headers)


def refuse_other(request: Request, exc: Exception) -> JSONResponse:
    detail = "Send application/json."
    return problem({"location": "body", "pointer": "", "name": None, "detail": detail})


def refuse_invalid(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    return problem(*described(exc))


def described(exc: RequestValidationError) -> Iterator[dict[str, Any]]:
    for error in exc.errors():
        if error["loc"][0] != "body":
            name = ".".join(map(str, error["loc"][1:]))
            yield {
                "location": error["loc"][0],
                "name": name,
                "pointer": None,
                "detail": error["msg"],
            }
            continue
        way = () if error["type"] == "json_invalid" else error["loc"][1:]
        pointer = "".join(f"/{escape(str(part))}" for part in way)
        yield {"location": "body", "name": None, "pointer": pointer, "detail": error["msg"]}


def escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


class Desk:
    def __init__(self) -> None:
        self.members: dict[int, Member] = {}
        self.ids = count(1000)

    def sign_up(self, new: SignUp) -> Member:
        member = Member(id=next(self.ids), **new.model_dump(exclude={"password"}))
        return self.members.setdefault(member.id, member)

    def member(self, customer_id: int) -> Member:
        if customer_id not in self.members:
            raise HTTPException(404, f"There is no customer {customer_id}.")
        return self.members[customer_id]

    def check_out(
        self,
        branch: Annotated[int, AfterValidator(is_branch)],
        basket: Basket,
        express: Annotated[bool, Query()] = False,
    ) -> dict[str, Any]:
        return {"branch": branch, "express": express} | basket.model_dump()


desk = Desk()
json_only = [Depends(need_json)]
app = FastAPI()
app.add_exception_handler(RequestValidationError, refuse_invalid)
app.add_exception_handler(NotJsonError, refuse_other)
app.add_api_route(
    "/customers", desk.sign_up, methods=["POST"], status_code=201, dependencies=json_only
)
app.add_api_route("/customers/{customer_id}", desk.member)
app.add_api_route(
    "/branches/{branch}/checkout", desk.check_out, methods=["POST"], dependencies=json_only
)


def document() -> dict[str, Any]:
    if app.openapi_schema is None:
        made = FastAPI.openapi(app)
        names = ("type", "title", "status", "errors")
        made["components"]["schemas"]["HTTPValidationError"]["properties"] = {n: {} for n in names}
        app.openapi_schema = made
    return app.openapi_schema


app.openapi = document  # type: ignore[method-assign]
