from typing import Annotated

from pydantic import BaseModel, Field

Copies = Annotated[int, Field(ge=0)]


class Book(BaseModel):
    """A book, and how many copies of it can be sold."""

    isbn: Annotated[str, Field(pattern=r"^\d{13}$")]
    title: str
    author: str
    copies: Copies


class RatedBook(Book):
    """A book as customers see it."""

    rating: float | None


class Stock(BaseModel):
    """How many copies of a book can be sold."""

    copies: Copies
