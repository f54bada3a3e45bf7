from typing import Annotated

from pydantic import BaseModel, Field


class NewOrder(BaseModel):
    """What a customer wants."""

    isbn: str
    copies: Annotated[int, Field(ge=1)]
    email: str


class Order(NewOrder):
    """An order as the office sees it."""

    id: int


class Receipt(BaseModel):
    """An order as the customer sees it: without the address, since its number can be guessed."""

    id: int
    isbn: str
    copies: int
