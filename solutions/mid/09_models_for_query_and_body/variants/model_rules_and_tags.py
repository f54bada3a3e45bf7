"""Puts every rule across fields into a model validator, and chooses the payment by a function."""

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, FastAPI, HTTPException, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from . import catalogue


def plain(value: Any) -> Any:
    return catalogue.plain_isbn(value) if isinstance(value, str) else value


def stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Isbn = Annotated[str, BeforeValidator(plain)]
Money = Annotated[Decimal, Field(ge=0, lt=10000, decimal_places=2)]
Name = Annotated[str, BeforeValidator(stripped), Field(min_length=1, max_length=100)]


class Incoming(BaseModel, extra="forbid"):
    def rules(self) -> dict[str, str]:
        """What is wrong with the whole, by the place that is named."""
        return {}

    @model_validator(mode="after")
    def keeps_the_rules(self) -> Self:
        errors = [
            InitErrorDetails(type=PydanticCustomError("rule", message), loc=(place,), input=None)
            for place, message in self.rules().items()
        ]
        if errors:
            raise ValidationError.from_exception_data(type(self).__name__, errors)
        return self


class Search(Incoming):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    text: str | None = Field(None, min_length=2, max_length=50)
    isbn: list[Isbn] = []
    price_min: Money = Decimal(0)
    price_max: Money = Decimal("9999.99")
    limit: int = Field(10, gt=0, lt=51)

    def rules(self) -> dict[str, str]:
        return {"price-max": "too low"} if self.price_max < self.price_min else {}


class Line(Incoming):
    isbn: Isbn
    copies: int = Field(ge=1, le=99)


class Address(Incoming):
    street: Name
    city: Name


class Card(Incoming):
    kind: str
    number: str = Field(pattern="^[0-9]{16}$")
    holder: Name


class Invoice(Incoming):
    kind: str
    company: Name
    due_days: Literal[14, 30]


class Cash(Incoming):
    kind: str


def kind_of(payment: Any) -> str | None:
    return payment.get("kind") if isinstance(payment, dict) else getattr(payment, "kind", None)


class Checkout(Incoming):
    payment: Annotated[
        Annotated[Card, Tag("card")]
        | Annotated[Invoice, Tag("invoice")]
        | Annotated[Cash, Tag("cash")],
        Discriminator(kind_of),
    ]
    address: Address | None = None
    delivery: Literal["post", "pickup"]
    lines: list[Line] = Field(min_length=1, max_length=20)

    def rules(self) -> dict[str, str]:
        broken = {}
        if (self.delivery == "post") != (self.address is not None):
            broken["address"] = "an address goes with post, and only with post"
        if self.delivery == "post" and isinstance(self.payment, Cash):
            broken["payment"] = "no cash by post"
        if len({line.isbn for line in self.lines}) != len(self.lines):
            broken["lines"] = "a book stands there twice"
        return broken


class PricedLine(BaseModel):
    isbn: str
    title: str
    copies: int
    price: Decimal
    subtotal: Decimal


class Order(BaseModel):
    lines: list[PricedLine]
    payment: str
    total: Decimal


router = APIRouter()


@router.get("/search")
async def search(query: Annotated[Search, Query()]) -> list[catalogue.Book]:
    found = [
        book
        for book in catalogue.every_book()
        if query.price_min <= book.price <= query.price_max
        and (not query.isbn or book.isbn in query.isbn)
        and (not query.text or query.text.lower() in book.title.lower())
    ]
    return found[: query.limit]


@router.post("/checkout")
async def checkout(body: Checkout) -> Order:
    lines, unknown, total = [], [], Decimal("0.00")
    for index, line in enumerate(body.lines):
        if book := catalogue.find_book(line.isbn):
            subtotal = book.price * line.copies
            lines.append(PricedLine(**book.model_dump(), copies=line.copies, subtotal=subtotal))
            total += subtotal
        else:
            loc = ["body", "lines", index, "isbn"]
            unknown.append({"loc": loc, "msg": "unknown", "type": "unknown"})
    if unknown:
        raise HTTPException(422, unknown)
    return Order(lines=lines, payment=body.payment.kind, total=total)


app = FastAPI()
app.include_router(router)
