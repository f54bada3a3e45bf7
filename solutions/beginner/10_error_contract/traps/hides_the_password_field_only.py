"""Leaves out the input of the field `password` only, not of the body around a missing field.

Fails: test_what_was_sent_is_never_repeated
"""

from collections.abc import Sequence
from itertools import count
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Path, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field


class NewCustomer(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    email: Annotated[str, Field(pattern="@")]
    password: Annotated[str, Field(min_length=12, repr=False)]


class Customer(BaseModel):
    id: int
    name: str
    email: str


class Line(BaseModel):
    model_config = ConfigDict(strict=True)

    isbn: Annotated[str, Field(pattern="^[0-9]{13}$")]
    copies: Annotated[int, Field(ge=1, le=99)]


class Basket(BaseModel):
    model_config = ConfigDict(strict=True)

    lines: Annotated[list[Line], Field(min_length=1)]
    gift: bool = False
    vouchers: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)


class Checkout(Basket):
    branch: int
    express: bool


class FieldError(BaseModel):
    location: Literal["path", "query", "header", "cookie", "body"]
    pointer: str | None = None
    name: str | None = None
    detail: str
    input: str | None = None


class Problem(BaseModel):
    type: str = "https://bookshop.example/problems/invalid-request"
    title: str = "The request is not valid."
    status: int = 422
    errors: list[FieldError]


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


class Customers:
    """The customers of one running app, by id. Passwords are checked here, and not kept."""

    def __init__(self) -> None:
        self.by_id: dict[int, Customer] = {}
        self._ids = count(1)

    def add(self, new: NewCustomer) -> Customer:
        customer = Customer(id=next(self._ids), name=new.name, email=new.email)
        self.by_id[customer.id] = customer
        return customer


def get_customers(request: Request) -> Customers:
    customers: Customers = request.app.state.customers
    return customers


CustomersDep = Annotated[Customers, Depends(get_customers)]

REFUSED: dict[int | str, dict[str, Any]] = {
    status.HTTP_422_UNPROCESSABLE_CONTENT: {
        "description": "The request is not valid",
        # FastAPI files the model as application/json; this is what is really sent.
        "content": {
            ProblemResponse.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
        "model": Problem,
    }
}

app = FastAPI(title="Bookshop", responses=REFUSED)
app.state.customers = Customers()


@app.exception_handler(RequestValidationError)
async def refuse(_request: Request, exc: RequestValidationError) -> ProblemResponse:
    errors = [describe(error) for error in exc.errors()]
    if isinstance(exc.body, bytes):
        # The body was not declared as JSON, so nobody has read it: nothing in it is wrong yet.
        errors = [error for error in errors if error.location != "body"]
        errors.append(whole_body("Send JSON, with the header Content-Type: application/json."))
    problem = Problem(errors=errors)
    return ProblemResponse(problem.model_dump(exclude_none=True), problem.status)


def describe(error: dict[str, Any]) -> FieldError:
    """Take from a validation error what clients are promised; `input` and `ctx` stay behind."""
    location, *way = error["loc"]
    if location != "body":
        return FieldError(location=location, name=str(way[0]), detail=error["msg"])
    if error["type"] == "json_invalid":
        return whole_body(f"The body is not valid JSON, at character {way[0]}.")
    shown = None if "password" in way else str(error["input"])
    return FieldError(
        location=location, pointer=json_pointer(way), detail=error["msg"], input=shown
    )


def whole_body(detail: str) -> FieldError:
    return FieldError(location="body", pointer="", detail=detail)


def json_pointer(way: Sequence[str | int]) -> str:
    """Join the parts as RFC 6901 says; `~` goes first, since escaping `/` makes new ones."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in way)


@app.post("/customers", status_code=status.HTTP_201_CREATED)
def sign_up(new: NewCustomer, customers: CustomersDep) -> Customer:
    return customers.add(new)


@app.get("/customers/{customer_id}")
def read_customer(customer_id: int, customers: CustomersDep) -> Customer:
    customer = customers.by_id.get(customer_id)
    if customer is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no customer {customer_id}.")
    return customer


@app.post("/branches/{branch}/checkout")
def check_out(
    branch: Annotated[int, Path(ge=1, le=12)], basket: Basket, express: bool = False
) -> Checkout:
    return Checkout(branch=branch, express=express, **basket.model_dump())
