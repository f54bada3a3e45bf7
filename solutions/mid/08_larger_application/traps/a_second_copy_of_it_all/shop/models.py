from pydantic import BaseModel, Field


class Book(BaseModel):
    """A book, and how many copies of it can be sold."""

    isbn: str = Field(pattern=r"^\d{13}$")
    title: str
    author: str
    copies: int = Field(ge=0)


class RatedBook(Book):
    """A book as customers see it."""

    rating: float | None


class NewReview(BaseModel):
    """What a reader says about a book."""

    name: str
    stars: int = Field(ge=1, le=5)
    text: str = ""


class Review(NewReview):
    """A review that the shop shows."""

    id: int
    isbn: str


class NewOrder(BaseModel):
    """What a customer wants."""

    isbn: str
    copies: int = Field(ge=1)
    email: str


class Receipt(BaseModel):
    """An order as the customer sees it: without the address, since its number can be guessed."""

    id: int
    isbn: str
    copies: int


class Order(NewOrder):
    """An order as the office sees it."""

    id: int


class Stock(BaseModel):
    """How many copies of a book can be sold."""

    copies: int = Field(ge=0)


class Refusal(BaseModel):
    """Why something was not done."""

    detail: str
