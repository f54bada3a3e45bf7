"""Takes the parameters one by one, refuses others in a dependency, and reads dataclasses."""

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from . import catalogue

Isbn = Annotated[str, AfterValidator(catalogue.plain_isbn)]
Money = Annotated[Decimal, Query(ge=0, le=Decimal("9999.99"), decimal_places=2)]
Name = Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=100)]

closed = ConfigDict(extra="forbid")


def refuse(*places: tuple[str | int, ...]) -> None:
    if places:
        raise RequestValidationError(
            [
                {"type": "refused", "loc": place, "msg": "is refused", "input": None}
                for place in places
            ]
        )


def only_known(request: Request) -> None:
    known = {"text", "isbn", "price-min", "price-max", "limit"}
    refuse(*(("query", name) for name in request.query_params if name not in known))


class Prices:
    def __init__(
        self,
        low: Annotated[Money, Query(alias="price-min")] = Decimal(0),
        high: Annotated[Money, Query(alias="price-max")] = Decimal("9999.99"),
    ) -> None:
        if low > high:
            refuse(("query", "price-max"))
        self.low, self.high = low, high


@dataclass(config=closed)
class Line:
    isbn: Isbn
    copies: Annotated[int, Field(ge=1, le=99)]


@dataclass(config=closed)
class Address:
    street: Name
    city: Name


@dataclass(config=closed)
class Card:
    kind: Literal["card"]
    number: Annotated[str, Field(pattern="^[0-9]{16}$")]
    holder: Name


@dataclass(config=closed)
class Invoice:
    kind: Literal["invoice"]
    company: Name
    due_days: Literal[14, 30]


@dataclass(config=closed)
class Cash:
    kind: Literal["cash"]


@dataclass(config=closed)
class Checkout:
    lines: Annotated[list[Line], Field(min_length=1, max_length=20)]
    delivery: Literal["post", "pickup"]
    payment: Annotated[Card | Invoice | Cash, Field(discriminator="kind")]
    address: Address | None = None


class PricedLine(BaseModel):
    isbn: str
    title: str
    copies: int
    price: str
    subtotal: str


class Order(BaseModel):
    lines: list[PricedLine]
    payment: str
    total: str


def check_the_whole(checkout: Checkout) -> Checkout:
    lines = checkout.lines
    if len({line.isbn for line in lines}) < len(lines):
        refuse(("body", "lines"))
    if (checkout.delivery == "post") is (checkout.address is None):
        refuse(("body", "address"))
    if (checkout.delivery, checkout.payment.kind) == ("post", "cash"):
        refuse(("body", "payment", "cash"))
    refuse(
        *(
            ("body", "lines", index, "isbn")
            for index, line in enumerate(lines)
            if catalogue.find_book(line.isbn) is None
        )
    )
    return checkout


def search(
    prices: Annotated[Prices, Depends()],
    isbn: Annotated[list[Isbn] | None, Query()] = None,
    text: Annotated[str | None, Query(min_length=2, max_length=50)] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[catalogue.Book]:
    found = []
    for book in catalogue.every_book():
        wanted = isbn is None or book.isbn in isbn
        named = text is None or text.lower() in book.title.lower()
        if wanted and named and prices.low <= book.price <= prices.high:
            found.append(book)
    return found[:limit]


def check_out(checkout: Annotated[Checkout, Depends(check_the_whole)]) -> Order:
    lines, total = [], Decimal("0.00")
    for line in checkout.lines:
        book = catalogue.find_book(line.isbn)
        assert book is not None, "check_the_whole has found it"
        subtotal = line.copies * book.price
        total += subtotal
        lines.append(
            PricedLine(
                isbn=book.isbn,
                title=book.title,
                copies=line.copies,
                price=str(book.price),
                subtotal=str(subtotal),
            )
        )
    return Order(lines=lines, payment=checkout.payment.kind, total=str(total))


app = FastAPI()
app.add_api_route("/search", search, dependencies=[Depends(only_known)])
app.add_api_route("/checkout", check_out, methods=["POST"])
