"""Keeps money in cents, cleans the ISBN before its pattern is checked, answers separate models."""

from typing import Annotated, Any

from annotated_types import Interval, Len
from fastapi import APIRouter, FastAPI, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints


def without_hyphens(written: Any) -> Any:
    return written.replace("-", "") if isinstance(written, str) else written


def fitting(isbn: str) -> str:
    assert sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(isbn)) % 10 == 0, "not an ISBN"
    return isbn


def not_free(amount: str) -> str:
    if to_cents(amount) == 0:
        raise ValueError("a book is not free")
    return amount


def to_cents(amount: str) -> int:
    return int(amount.replace(".", ""))


def as_text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


Digits = StringConstraints(pattern="^[0-9]{13}$")
Isbn = Annotated[str, BeforeValidator(without_hyphens), Digits, AfterValidator(fitting)]
TwoDecimals = StringConstraints(pattern=r"^[0-9]{1,4}\.[0-9]{2}$")
Amount = Annotated[str, TwoDecimals, AfterValidator(not_free)]


class AuthorIn(BaseModel, extra="forbid"):
    name: Annotated[str, Len(1, 100)]


class BookIn(BaseModel, extra="forbid"):
    isbn: Isbn
    title: Annotated[str, Len(1, 200)]
    subtitle: str | None = None
    authors: Annotated[list[AuthorIn], Len(1)]
    pages: Annotated[int, Interval(ge=1, le=10_000)]
    price: Amount
    cost_price: Amount


class AuthorOut(BaseModel):
    name: str


class BookOut(BaseModel):
    isbn: str
    title: str
    subtitle: str | None
    authors: list[AuthorOut]
    pages: int
    price: str


router = APIRouter(prefix="/books")


@router.post("", status_code=201, response_model=BookOut)
def add_book(book: BookIn, request: Request) -> dict[str, Any]:
    row = book.model_dump()
    row |= {"price": to_cents(book.price), "cost_price": to_cents(book.cost_price)}
    request.app.state.rows.append(row)
    return shown(row)


@router.get("", response_model=list[BookOut])
def list_books(request: Request) -> list[dict[str, Any]]:
    return [shown(row) for row in request.app.state.rows]


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"price": as_text(row["price"])}


app = FastAPI()
app.state.rows = []
app.include_router(router)
