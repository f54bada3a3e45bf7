from typing import Annotated

from pydantic import BaseModel, Field


class NewReview(BaseModel):
    """What a reader says about a book."""

    name: str
    stars: Annotated[int, Field(ge=1, le=5)]
    text: str = ""


class Review(NewReview):
    """A review that the shop shows."""

    id: int
    isbn: str
