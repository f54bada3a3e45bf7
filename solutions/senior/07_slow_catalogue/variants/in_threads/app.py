"""Stays with blocking sessions; compresses by itself, with a strong tag for each form."""

import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Annotated, Literal, TypedDict
from zlib import crc32

import redis
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field
from redis.lock import Lock
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, joinedload, selectinload, sessionmaker

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
    cache: redis.Redis


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    """Open what lives as long as the app, and close it."""
    engine = create_engine(settings.DATABASE_URL, pool_pre_ping=True)
    cache = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5)
    try:
        yield {"sessions": sessionmaker(engine), "cache": cache}
    finally:
        cache.close()
        engine.dispose()


def get_sessions(request: Request) -> sessionmaker[Session]:
    """Where sessions come from."""
    sessions: sessionmaker[Session] = request.state.sessions
    return sessions


def get_cache(request: Request) -> redis.Redis:
    """Where pages are kept."""
    cache: redis.Redis = request.state.cache
    return cache


def get_changes(
    sessions: Annotated[sessionmaker[Session], Depends(get_sessions)],
    cache: Annotated[redis.Redis, Depends(get_cache)],
) -> Iterator[Session]:
    """A session for a change, after which all pages are out of date."""
    with sessions.begin() as session:
        yield session
    with suppress(redis.RedisError):
        cache.incr("books:changes")


Sessions = Annotated[sessionmaker[Session], Depends(get_sessions)]
Cache = Annotated[redis.Redis, Depends(get_cache)]
Changes = Annotated[Session, Depends(get_changes, scope="function")]

app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.get("/books")
def read_page(
    sessions: Sessions,
    cache: Cache,
    request: Request,
    shelf: Shelf | None = None,
    sort: Literal["title", "price"] = "title",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """One page of the catalogue."""
    kept = kept_page(cache, sessions, shelf, sort, page)
    if kept.next:
        url = request.url
        if request.client and request.client.host in settings.TRUSTED_PROXIES:
            scheme = request.headers.get("x-forwarded-proto", "")
            url = url.replace(
                scheme=scheme if scheme in {"http", "https"} else url.scheme,
                netloc=request.headers.get("x-forwarded-host") or url.netloc,
            )
        kept.next = str(url.include_query_params(page=page + 1))
    body = kept.model_dump_json().encode()
    headers = {"Cache-Control": "no-cache, public", "Vary": "Accept-Encoding"}
    packs = "gzip" in accept_encoding
    headers["ETag"] = f'"{len(body):x}-{crc32(body):x}{"-gzip" if packs else ""}"'
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    if headers["ETag"] in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    if packs:
        body = gzip.compress(body, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")


def kept_page(
    cache: redis.Redis, sessions: sessionmaker[Session], shelf: str | None, sort: str, page: int
) -> Page:
    """The page out of Redis, or out of the database."""
    try:
        generation = int(cache.get("books:changes") or 0)
        key = f"books:{generation}:{sort}:{page}" + ("" if shelf is None else f":{shelf}")
        if found := cache.get(key):
            return Page.model_validate_json(found)
        lock = Lock(cache, f"lock:{key}", timeout=20, sleep=0.01)
        lock.acquire()
    except redis.RedisError:
        return computed_page(sessions, shelf, sort, page)
    try:
        with suppress(redis.RedisError):
            if found := cache.get(key):
                return Page.model_validate_json(found)
        made = computed_page(sessions, shelf, sort, page)
        with suppress(redis.RedisError):
            cache.set(key, made.model_dump_json(), ex=120)
        return made
    finally:
        with suppress(redis.RedisError):
            lock.release()


def computed_page(sessions: sessionmaker[Session], shelf: str | None, sort: str, page: int) -> Page:
    """The page out of the database; its link is only there or not."""
    wanted = select(Book).order_by(Book.price if sort == "price" else Book.title, Book.id)
    wanted = wanted.options(joinedload(Book.author), selectinload(Book.reviews))
    if shelf is not None:
        wanted = wanted.where(Book.shelf == shelf)
    with sessions() as session:
        rows = wanted.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)
        found = session.scalars(rows).all()
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
    return Page(books=books, next="there is one" if len(found) > PAGE_SIZE else None)


@app.patch("/books/{isbn}")
def change_price(isbn: str, change: NewPrice, session: Changes) -> PricedBook:
    """Give a book another price."""
    book = find(session, isbn)
    book.price = change.price
    return PricedBook(isbn=isbn, price=change.price)


@app.post("/books/{isbn}/reviews", status_code=201)
def add_review(isbn: str, new: NewReview, session: Changes) -> StoredReview:
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
