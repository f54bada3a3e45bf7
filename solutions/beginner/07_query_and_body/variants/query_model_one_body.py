"""A model for the whole query, one nested model for the whole body, async handlers on a router."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, computed_field

from .catalogue import Book, every_book, find_book, save_book


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    q: str = Field("", min_length=2)
    subject: set[str] = set()
    in_stock: bool | None = Field(None, alias="in-stock")
    skip: int = Field(0, ge=0)
    limit: int = Field(10, gt=0, le=50)

    def finds(self, book: Book) -> bool:
        return (
            self.q.lower() in book.title.lower()
            and (not self.subject or bool(self.subject & set(book.subjects)))
            and self.in_stock in (None, book.stock > 0)
        )


class BookData(BaseModel):
    title: str
    author: str
    subjects: list[str]


class Customer(BaseModel):
    name: str
    email: str


class Delivery(BaseModel):
    street: str
    city: str


class Wish(BaseModel):
    customer: Customer
    delivery: Delivery
    copies: int = Field(1, ge=1, le=20)


class Offer(Wish):
    book_id: int
    price_cents: int = Field(exclude=True)

    @computed_field
    def total_cents(self) -> int:
        return self.copies * self.price_cents


async def book_in_path(book_id: int) -> Book:
    if (book := find_book(book_id)) is None:
        raise HTTPException(404)
    return book


BookInPath = Annotated[Book, Depends(book_in_path)]

router = APIRouter(prefix="/books")


@router.get("")
async def search(query: Annotated[Search, Query()]) -> list[Book]:
    found = list(filter(query.finds, every_book()))
    return found[query.skip :][: query.limit]


@router.put("/{book_id}")
async def change(
    book: BookInPath, data: BookData, dry_run: Annotated[bool, Query(alias="dry-run")] = False
) -> Book:
    book.title, book.author, book.subjects = data.title, data.author, data.subjects
    if dry_run is False:
        save_book(book)
    return book


@router.post("/{book_id}/offer")
async def offer(book: BookInPath, wish: Wish) -> Offer:
    return Offer(book_id=book.id, price_cents=book.price_cents, **wish.model_dump())


app = FastAPI()
app.include_router(router)
