"""Answers 404 for the first book that the shop does not have, and does not say which line it is.

Fails: test_a_book_that_is_not_there_is_named
"""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    computed_field,
    field_validator,
)
from pydantic_core import PydanticCustomError

from . import catalogue
from .catalogue import Book, plain_isbn

Isbn = Annotated[str, AfterValidator(plain_isbn)]
Money = Annotated[Decimal, Field(ge=0, le=Decimal("9999.99"), decimal_places=2)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Incoming(BaseModel):
    """What clients send: a name that the model does not have is refused."""

    model_config = ConfigDict(extra="forbid")


class Search(Incoming):
    text: Annotated[str | None, Field(min_length=2, max_length=50)] = None
    isbns: Annotated[list[Isbn] | None, Field(alias="isbn")] = None
    price_min: Annotated[Money | None, Field(alias="price-min")] = None
    price_max: Annotated[Money | None, Field(alias="price-max")] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10

    @field_validator("price_max")
    @classmethod
    def not_below_price_min(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        price_min = info.data.get("price_min")
        if value is not None and price_min is not None and value < price_min:
            raise PydanticCustomError("price_range", "price-max is lower than price-min")
        return value

    def fits(self, book: Book) -> bool:
        return (
            (self.text is None or self.text.casefold() in book.title.casefold())
            and (self.isbns is None or book.isbn in self.isbns)
            and (self.price_min is None or book.price >= self.price_min)
            and (self.price_max is None or book.price <= self.price_max)
        )


class Line(Incoming):
    isbn: Isbn
    copies: Annotated[int, Field(ge=1, le=99)]


class Address(Incoming):
    street: Name
    city: Name


class Card(Incoming):
    kind: Literal["card"]
    number: Annotated[str, Field(pattern="^[0-9]{16}$")]
    holder: Name


class Invoice(Incoming):
    kind: Literal["invoice"]
    company: Name
    due_days: Literal[14, 30]


class Cash(Incoming):
    kind: Literal["cash"]


Payment = Annotated[Card | Invoice | Cash, Field(discriminator="kind")]


def each_book_once(lines: list[Line]) -> list[Line]:
    if len({line.isbn for line in lines}) < len(lines):
        raise PydanticCustomError("book_twice", "A book stands in two lines; add up the copies")
    return lines


class Checkout(Incoming):
    # The rules of a field see the fields above it, so `delivery` stands before what depends on it.
    lines: Annotated[list[Line], Field(min_length=1, max_length=20), AfterValidator(each_book_once)]
    delivery: Literal["post", "pickup"]
    address: Annotated[Address | None, Field(validate_default=True)] = None
    payment: Payment

    @field_validator("address")
    @classmethod
    def just_for_post(cls, value: Address | None, info: ValidationInfo) -> Address | None:
        delivery = info.data.get("delivery")
        if delivery == "post" and value is None:
            raise PydanticCustomError("address_missing", "Delivery by post needs an address")
        if delivery == "pickup" and value is not None:
            raise PydanticCustomError("address_unused", "An order that is picked up has no address")
        return value

    @field_validator("payment")
    @classmethod
    def cash_at_the_counter(cls, value: Payment, info: ValidationInfo) -> Payment:
        if isinstance(value, Cash) and info.data.get("delivery") == "post":
            raise PydanticCustomError("cash_by_post", "Cash is only taken from who picks up")
        return value


class PricedLine(BaseModel):
    isbn: str
    title: str
    copies: int
    price: Decimal

    @computed_field  # type: ignore[prop-decorator]
    @property
    def subtotal(self) -> Decimal:
        return self.copies * self.price


class Order(BaseModel):
    lines: list[PricedLine]
    payment: Literal["card", "invoice", "cash"]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), Decimal())


app = FastAPI(title="Bookshop")


@app.get("/search")
def search_books(search: Annotated[Search, Query()]) -> list[Book]:
    return [book for book in catalogue.every_book() if search.fits(book)][: search.limit]


@app.post("/checkout")
def check_out(checkout: Checkout) -> Order:
    return Order(lines=price_lines(checkout.lines), payment=checkout.payment.kind)


def price_lines(lines: list[Line]) -> list[PricedLine]:
    """Look the books up.

    Raises:
        HTTPException: the shop does not have some of them.
    """
    priced = []
    for line in lines:
        book = catalogue.find_book(line.isbn)
        if book is None:
            raise HTTPException(404, "The shop does not have this book")
        priced.append(
            PricedLine(isbn=book.isbn, title=book.title, copies=line.copies, price=book.price)
        )
    return priced
