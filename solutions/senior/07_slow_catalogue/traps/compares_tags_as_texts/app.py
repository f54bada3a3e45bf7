"""Compares If-None-Match with the ETag as texts: no list, no *, no strong form.

Fails: test_an_unchanged_page_is_not_sent_again
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from . import settings
from .tables import Author, Book, Review

PAGE_SIZE = 20
KEPT_SECONDS = 300
"""How long a page can be wrong when its invalidation has failed."""
LOCK_SECONDS = 10
"""How long the others wait for an instance that has died while it computed a page."""
LOOK_SECONDS = 0.02

Shelf = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^\x00]*$")]
Price = Annotated[Decimal, Field(gt=0, max_digits=6, decimal_places=2)]

logger = logging.getLogger(__name__)


class ListedBook(BaseModel):
    isbn: str
    title: str
    author: str
    price: Decimal
    rating: float | None
    reviews: int


class Page(BaseModel):
    books: list[ListedBook]
    next: str | None


class KeptPage(BaseModel):
    """What Redis keeps of a page: nothing in it depends on who asks."""

    books: list[ListedBook]
    is_last: bool


class PageQuery(BaseModel):
    shelf: Shelf | None = None
    sort: Literal["title", "price"] = "title"
    page: Annotated[int, Field(ge=1, le=1000)] = 1

    def key(self) -> str:
        """One name for one page, however its query was written."""
        return f"{self.sort}:{self.page}:{self.shelf or ''}"


class NewPrice(BaseModel):
    price: Price


class PricedBook(BaseModel):
    isbn: str
    price: Decimal


class NewReview(BaseModel):
    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, Field(pattern=r"^[^\x00]*$")]


class StoredReview(NewReview):
    id: int


class PageCache:
    """Pages in Redis, shared by all instances of the app.

    The names of all pages begin with the generation of the catalogue. A change begins a new one,
    and thereby forgets every page, also those that are being computed at this moment.
    """

    GENERATION = "catalogue:generation"

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get(self, name: str, compute: Callable[[], Awaitable[KeptPage]]) -> KeptPage:
        """The page as it is kept, or computed by one of all those who want it now."""
        try:
            return await self._get(name, compute)
        except RedisError as error:
            logger.warning("Redis is no help, a page is computed without it: %s", error)
            return await compute()

    async def forget_all(self) -> None:
        """Begin a new generation; to be called when a change is committed."""
        try:
            await self._redis.set(self.GENERATION, secrets.token_hex(8))
        except RedisError:
            logger.exception("Pages may be out of date for %s seconds", KEPT_SECONDS)

    async def _get(self, name: str, compute: Callable[[], Awaitable[KeptPage]]) -> KeptPage:
        key = f"catalogue:page:{await self._generation()}:{name}"
        lock = self._redis.lock(f"{key}:lock", timeout=LOCK_SECONDS)
        while (kept := await self._redis.get(key)) is None:
            if await lock.acquire(blocking=False):
                break
            await asyncio.sleep(LOOK_SECONDS)
        else:
            return KeptPage.model_validate_json(kept)
        try:
            # It may have been stored between our look and our lock.
            if kept := await self._redis.get(key):
                return KeptPage.model_validate_json(kept)
            page = await compute()
            with suppress(RedisError):
                await self._redis.set(key, page.model_dump_json(), ex=KEPT_SECONDS)
            return page
        finally:
            with suppress(RedisError):
                await lock.release()  # only if it is still ours

    async def _generation(self) -> str:
        found = await self._redis.get(self.GENERATION)
        if found is None:
            # Random, never 0: Redis may have lost the last generation, and still have its pages.
            await self._redis.set(self.GENERATION, secrets.token_hex(8), nx=True)
            found = await self._redis.get(self.GENERATION)
        return str(found)


class ForwardedHeaders:
    """Takes scheme and host from the proxies that may say them, and from nobody else."""

    def __init__(self, app: ASGIApp, trusted: Collection[str]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["client"] and scope["client"][0] in self.trusted:
            scope = dict(scope)
            headers = MutableHeaders(scope=scope)
            if (scheme := headers.get("x-forwarded-proto")) in ("http", "https"):
                scope["scheme"] = scheme
            if host := headers.get("x-forwarded-host"):
                headers["host"] = host
        await self.app(scope, receive, send)


class State(TypedDict):
    sessions: async_sessionmaker[AsyncSession]
    cache: PageCache


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    engine = create_async_engine(settings.DATABASE_URL, pool_pre_ping=True)
    redis: Redis = Redis.from_url(
        settings.REDIS_URL,
        decode_responses=True,
        socket_connect_timeout=0.3,
        socket_timeout=0.3,
        # Once more for a connection that has died, and never with a pause: a cache that has to be
        # waited for is worse than none.
        retry=Retry(NoBackoff(), 1),
    )
    try:
        yield {"sessions": async_sessionmaker(engine), "cache": PageCache(redis)}
    finally:
        await redis.aclose()
        await engine.dispose()


def get_sessions(request: Request) -> async_sessionmaker[AsyncSession]:
    sessions: async_sessionmaker[AsyncSession] = request.state.sessions
    return sessions


def get_cache(request: Request) -> PageCache:
    cache: PageCache = request.state.cache
    return cache


Sessions = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessions)]
Cache = Annotated[PageCache, Depends(get_cache)]

app = FastAPI(title="Bookshop", lifespan=lifespan)
app.add_middleware(GZipMiddleware, compresslevel=5)
app.add_middleware(ForwardedHeaders, trusted=settings.TRUSTED_PROXIES)


@app.get("/books", response_model=Page, responses={304: {"description": "Still the same"}})
async def read_page(
    query: Annotated[PageQuery, Query()], request: Request, sessions: Sessions, cache: Cache
) -> Response:
    kept = await cache.get(query.key(), lambda: compute_page(sessions, query))
    following = request.url.include_query_params(page=query.page + 1)
    page = Page(books=kept.books, next=None if kept.is_last else str(following))
    body = page.model_dump_json().encode()
    # Weak, because the compressed page has the same tag.
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if names(request.headers.getlist("if-none-match"), etag):
        # With a body, GZipMiddleware would have added it.
        return Response(status_code=304, headers=headers | {"Vary": "Accept-Encoding"})
    return Response(body, media_type="application/json", headers=headers)


@app.patch("/books/{isbn}")
async def change_price(isbn: str, change: NewPrice, sessions: Sessions, cache: Cache) -> PricedBook:
    async with sessions.begin() as session:
        book = await find(session, isbn)
        book.price = change.price
    await cache.forget_all()
    return PricedBook(isbn=isbn, price=change.price)


@app.post("/books/{isbn}/reviews", status_code=201)
async def add_review(isbn: str, new: NewReview, sessions: Sessions, cache: Cache) -> StoredReview:
    async with sessions.begin() as session:
        book = await find(session, isbn)
        review = Review(book_id=book.id, stars=new.stars, text=new.text)
        session.add(review)
        await session.flush()
        stored = StoredReview(id=review.id, stars=new.stars, text=new.text)
    await cache.forget_all()
    return stored


async def compute_page(sessions: async_sessionmaker[AsyncSession], query: PageQuery) -> KeptPage:
    """Read a page from the database, in one statement for any number of books."""
    wanted = (
        select(Book.id, Book.isbn, Book.title, Book.price, Author.name.label("author"))
        .join(Book.author)
        .order_by(Book.price if query.sort == "price" else Book.title, Book.id)
        .offset((query.page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)  # one more, to know whether there is a next page
    )
    if query.shelf is not None:
        wanted = wanted.where(Book.shelf == query.shelf)
    books = wanted.subquery()
    opinions = (
        select(func.avg(Review.stars).label("rating"), func.count().label("reviews"))
        .where(Review.book_id == books.c.id)
        .lateral()
    )
    order = books.c.price if query.sort == "price" else books.c.title
    statement = select(books, opinions).order_by(order, books.c.id)
    async with sessions() as session:
        found = (await session.execute(statement)).mappings().all()
    return KeptPage(
        books=[listed(row) for row in found[:PAGE_SIZE]], is_last=len(found) <= PAGE_SIZE
    )


def listed(row: Any) -> ListedBook:
    rating = None if row["rating"] is None else round(float(row["rating"]), 1)
    return ListedBook.model_validate({**row, "rating": rating})


async def find(session: AsyncSession, isbn: str) -> Book:
    book = await session.scalar(select(Book).where(Book.isbn == isbn))
    if book is None:
        raise HTTPException(404, f"There is no book {isbn}.")
    return book


def names(fields: list[str], etag: str) -> bool:
    """Whether If-None-Match names a tag, compared weakly (RFC 9110, 13.1.2)."""
    return etag in fields
