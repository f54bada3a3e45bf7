"""The bookshop's catalogue: its answers are right, and slow."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from . import settings
from .tables import Book, Review

PAGE_SIZE = 20

Shelf = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^\x00]*$")]
Price = Annotated[Decimal, Field(gt=0, max_digits=6, decimal_places=2)]


class ListedBook(BaseModel):
    """A book as a page of the catalogue shows it."""

    isbn: str
    title: str
    author: str
    price: Decimal
    rating: float | None
    reviews: int


class Page(BaseModel):
    """One page of the catalogue, and the address of the next one."""

    books: list[ListedBook]
    next: str | None


class NewPrice(BaseModel):
    """What a book costs from now on."""

    price: Price


class PricedBook(BaseModel):
    """A book whose price was changed."""

    isbn: str
    price: Decimal


class NewReview(BaseModel):
    """What a reader thinks of a book."""

    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, Field(pattern=r"^[^\x00]*$")]


class StoredReview(NewReview):
    """A review that was stored."""

    id: int


class State(TypedDict):
    """What lives as long as the app."""

    sessions: sessionmaker[Session]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    """Open what lives as long as the app, and close it."""
    engine = create_engine(settings.DATABASE_URL, pool_pre_ping=True)
    try:
        yield {"sessions": sessionmaker(engine)}
    finally:
        engine.dispose()


def get_session(request: Request) -> Iterator[Session]:
    """One session a request: committed when all went well."""
    sessions: sessionmaker[Session] = request.state.sessions
    with sessions.begin() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]

app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.get("/books")
def read_page(
    session: SessionDep,
    request: Request,
    shelf: Shelf | None = None,
    sort: Literal["title", "price"] = "title",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Page:
    """One page of the catalogue."""
    wanted = select(Book).order_by(Book.price if sort == "price" else Book.title, Book.id)
    if shelf is not None:
        wanted = wanted.where(Book.shelf == shelf)
    # One more than the page has, to know whether there is a next page.
    found = session.scalars(wanted.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)).all()
    books = [
        ListedBook(
            isbn=book.isbn,
            title=book.title,
            author=book.author.name,
            price=book.price,
            rating=mean([review.stars for review in book.reviews]),
            reviews=len(book.reviews),
        )
        for book in found[:PAGE_SIZE]
    ]
    is_last = len(found) <= PAGE_SIZE
    following = None if is_last else str(request.url.include_query_params(page=page + 1))
    return Page(books=books, next=following)


@app.patch("/books/{isbn}")
def change_price(isbn: str, change: NewPrice, session: SessionDep) -> PricedBook:
    """Give a book another price."""
    book = find(session, isbn)
    book.price = change.price
    return PricedBook(isbn=isbn, price=change.price)


@app.post("/books/{isbn}/reviews", status_code=201)
def add_review(isbn: str, new: NewReview, session: SessionDep) -> StoredReview:
    """Store what a reader thinks of a book."""
    review = Review(book_id=find(session, isbn).id, stars=new.stars, text=new.text)
    session.add(review)
    session.flush()
    return StoredReview(id=review.id, stars=new.stars, text=new.text)


def find(session: Session, isbn: str) -> Book:
    """The book with this ISBN, or 404."""
    book = session.scalar(select(Book).where(Book.isbn == isbn))
    if book is None:
        raise HTTPException(404, f"There is no book {isbn}.")
    return book


def mean(stars: list[int]) -> float | None:
    """The mean of a book's stars, with one decimal; None without a review."""
    return round(sum(stars) / len(stars), 1) if stars else None
