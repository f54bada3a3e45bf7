"""Writes the rules as functions in the types, and answers with typed dictionaries."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, ValidationInfo
from typing_extensions import TypedDict

from . import catalogue

Isbn = Annotated[str, AfterValidator(catalogue.plain_isbn)]


def amount(value: Decimal) -> Decimal:
    if not 0 <= value < 10000 or value != round(value, 2):
        raise ValueError("no amount of money")
    return value


def name(text: str) -> str:
    if not 1 <= len(text.strip()) <= 100:
        raise ValueError("no name")
    return text.strip()


def not_below(value: Decimal, info: ValidationInfo) -> Decimal:
    assert value >= info.data.get("low", 0), "less than price-min"
    return value


def each_once(lines: list["Line"]) -> list["Line"]:
    assert len(lines) == len({line.isbn for line in lines}), "a book stands in two lines"
    return lines


def fits_delivery(address: "Address | None", info: ValidationInfo) -> "Address | None":
    if "delivery" in info.data:
        assert (address is None) == (info.data["delivery"] is Delivery.PICKUP), "wrong for delivery"
    return address


def can_pay(payment: "Payment", info: ValidationInfo) -> "Payment":
    by_post = info.data.get("delivery") is Delivery.POST
    assert not (by_post and payment.root.kind == "cash"), "no cash by post"
    return payment


Money = Annotated[Decimal, AfterValidator(amount)]
Name = Annotated[str, AfterValidator(name)]


class Delivery(StrEnum):
    POST = "post"
    PICKUP = "pickup"


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str | None, Query(min_length=2, max_length=50)] = None
    isbn: list[Isbn] = Field(default_factory=list)
    low: Money = Field(Decimal(0), validation_alias="price-min")
    high: Annotated[Money, AfterValidator(not_below)] = Field(
        Decimal("9999.99"), validation_alias="price-max", validate_default=False
    )
    limit: int = Query(10, ge=1, le=50)


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    isbn: Isbn
    copies: int = Field(ge=1, le=99)


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")

    street: Name
    city: Name


class Card(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["card"]
    number: str = Field(pattern="^[0-9]{16}$")
    holder: Name


class Invoice(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["invoice"]
    company: Name
    due_days: Literal[14, 30]


class Cash(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["cash"]


class Payment(RootModel[Card | Invoice | Cash]):
    root: Card | Invoice | Cash = Field(discriminator="kind")


class Checkout(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True)

    delivery: Delivery
    address: Annotated[Address | None, AfterValidator(fits_delivery)] = None
    payment: Annotated[Payment, AfterValidator(can_pay)]
    lines: Annotated[list[Line], Field(min_length=1, max_length=20), AfterValidator(each_once)]


class PricedLine(TypedDict):
    isbn: str
    title: str
    copies: int
    price: Decimal
    subtotal: Decimal


class Order(TypedDict):
    lines: list[PricedLine]
    payment: str
    total: Decimal


app = FastAPI()


@app.get("/search", response_model=list[catalogue.Book])
def search(query: Annotated[Search, Query()]) -> Any:
    books = [book for book in catalogue.every_book() if query.low <= book.price <= query.high]
    if query.isbn:
        books = [book for book in books if book.isbn in query.isbn]
    if query.text:
        books = [book for book in books if query.text.lower() in book.title.lower()]
    return books[: query.limit]


@app.post("/checkout", response_model=Order)
def checkout(body: Checkout) -> Any:
    books = {book.isbn: book for book in catalogue.every_book()}
    unknown = [
        {"loc": ("body", "lines", index, "isbn"), "msg": "unknown"}
        for index, line in enumerate(body.lines)
        if line.isbn not in books
    ]
    if unknown:
        raise HTTPException(422, unknown)
    lines: list[PricedLine] = [
        {
            "isbn": line.isbn,
            "title": books[line.isbn].title,
            "copies": line.copies,
            "price": books[line.isbn].price,
            "subtotal": line.copies * books[line.isbn].price,
        }
        for line in body.lines
    ]
    total = sum(line["subtotal"] for line in lines)
    return {"lines": lines, "payment": body.payment.root.kind, "total": total}
