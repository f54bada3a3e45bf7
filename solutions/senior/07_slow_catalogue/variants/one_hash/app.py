"""Keeps all pages in one hash, which a change deletes; Redis itself refuses pages that are late."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from hashlib import blake2b
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.gzip import GZipMiddleware
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from redis import RedisError
from redis import asyncio as aioredis
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from . import settings
from .tables import Author, Book, Review

PAGE_SIZE = 20
PAGES, CHANGES = "pages", "changes"
STORE = """
    if (redis.call('GET', KEYS[2]) or '0') == ARGV[3] then
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
        if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], 300) end
    end
"""
UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

PLAIN: dict[str, Any] = {"min_length": 1, "max_length": 50, "pattern": r"^[^\x00]*$"}


class PageQuery(BaseModel):
    model_config = ConfigDict(frozen=True)

    shelf: Annotated[str, Field(**PLAIN)] | None = None
    sort: Literal["title", "price"] = "title"
    page: Annotated[int, Field(ge=1, le=1000)] = 1


class NewPrice(BaseModel):
    price: Annotated[Decimal, Field(gt=0, max_digits=6, decimal_places=2)]


class NewReview(BaseModel):
    stars: Annotated[int, Field(ge=1, le=5)]
    text: Annotated[str, Field(pattern=r"^[^\x00]*$")]


class ListedBook(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    isbn: str
    title: str
    author: str
    price: Decimal
    rating: float | None
    reviews: int


Listed = TypeAdapter(list[ListedBook])


class TrustedProxies(ProxyHeadersMiddleware):
    """Uvicorn's own, which leaves the host alone, with the host."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["client"][0] in self.trusted_hosts:
            headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
            said = dict(scope["headers"])
            host = said.get(b"x-forwarded-host") or said[b"host"]
            scope = {**scope, "headers": [*headers, (b"host", host)]}
        await super().__call__(scope, receive, send)


class Catalogue:
    def __init__(self) -> None:
        self.engine: AsyncEngine = create_async_engine(settings.DATABASE_URL)
        self.redis: Any = aioredis.from_url(settings.REDIS_URL, socket_timeout=1)
        self.under_way: dict[PageQuery, asyncio.Task[bytes]] = {}

    async def page(self, query: PageQuery) -> bytes:
        try:
            changes = await self.redis.get(CHANGES) or b"0"
            field = query.model_dump_json()
            while True:
                if found := await self.redis.hget(PAGES, field):
                    return bytes(found)
                lock, token = f"{changes.decode()} {field}", uuid.uuid4().hex
                if await self.redis.set(lock, token, nx=True, px=15_000):
                    return await self.compute_for_all(query, field, changes, lock, token)
                await asyncio.sleep(0.01)
                changes = await self.redis.get(CHANGES) or b"0"
        except RedisError:
            return await self.compute(query)

    async def compute_for_all(
        self, query: PageQuery, field: str, changes: bytes, lock: str, token: str
    ) -> bytes:
        try:
            if found := await self.redis.hget(PAGES, field):
                return bytes(found)
            made = await self.compute(query)
            with suppress(RedisError):
                await self.redis.eval(STORE, 2, PAGES, CHANGES, field, made, changes)
            return made
        finally:
            with suppress(RedisError):
                await self.redis.eval(UNLOCK, 1, lock, token)

    async def compute(self, query: PageQuery) -> bytes:
        """First the books, then what is thought about all of them."""
        order = {"title": Book.title, "price": Book.price}[query.sort]
        wanted = (
            select(Book.id, Book.isbn, Book.title, Book.price, Author.name)
            .join(Author)
            .order_by(order, Book.id)
        )
        if query.shelf:
            wanted = wanted.where(Book.shelf == query.shelf)
        first = PAGE_SIZE * (query.page - 1)
        async with self.engine.connect() as connection:
            rows = (await connection.execute(wanted.slice(first, first + PAGE_SIZE + 1))).all()
            thought = select(Review.book_id, func.round(func.avg(Review.stars), 1), func.count())
            thought = thought.where(Review.book_id.in_([row.id for row in rows]))
            reviews = {
                book_id: (float(rating), number)
                for book_id, rating, number in await connection.execute(
                    thought.group_by(Review.book_id)
                )
            }
        books = []
        for row in rows[:PAGE_SIZE]:
            rating, number = reviews.get(row.id, (None, 0))
            books.append(
                ListedBook(
                    isbn=row.isbn,
                    title=row.title,
                    author=row.name,
                    price=row.price,
                    rating=rating,
                    reviews=number,
                )
            )
        return (b">" if len(rows) > PAGE_SIZE else b".") + Listed.dump_json(books)

    async def change(self, statement: Any) -> Any:
        async with self.engine.begin() as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            raise HTTPException(404)
        with suppress(RedisError):
            async with self.redis.pipeline(transaction=True) as pipeline:
                await pipeline.incr(CHANGES).delete(PAGES).execute()
        return row


class Bookshop(FastAPI):
    catalogue: Catalogue


@asynccontextmanager
async def lifespan(app: Bookshop) -> AsyncIterator[None]:
    app.catalogue = Catalogue()
    yield
    await app.catalogue.engine.dispose()
    await app.catalogue.redis.aclose()


router = APIRouter(prefix="/books")


@router.get("")
async def read_page(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    kept = await request.app.catalogue.page(query)
    following = "null"
    if kept[:1] == b">":
        asked = {k: v for k, v in query.model_dump().items() if v is not None}
        url = request.url.replace(query="").include_query_params(
            **{**asked, "page": query.page + 1}
        )
        following = f'"{url}"'
    body = b'{"next":%b,"books":%b}' % (following.encode(), kept[1:])
    tag = blake2b(body, digest_size=12).hexdigest()
    headers = {"etag": f'W/"{tag}"', "cache-control": "no-cache", "vary": "Accept-Encoding"}
    asked_for = request.headers.get("if-none-match", "").strip()
    if asked_for == "*" or f'"{tag}"' in asked_for:
        return Response(None, 304, headers)
    if len(body) >= 500:
        del headers["vary"]  # GZipMiddleware says it
    return Response(body, 200, headers, "application/json")


@router.patch("/{isbn}")
async def change_price(request: Request, isbn: str, change: NewPrice) -> dict[str, Any]:
    statement = update(Book).where(Book.isbn == isbn).values(price=change.price)
    await request.app.catalogue.change(statement.returning(Book.id))
    return {"isbn": isbn, "price": change.price}


@router.post("/{isbn}/reviews", status_code=201)
async def add_review(request: Request, isbn: str, new: NewReview) -> dict[str, Any]:
    values = select(Book.id, literal(new.stars), literal(new.text)).where(Book.isbn == isbn)
    statement = insert(Review).from_select(["book_id", "stars", "text"], values)
    stored = await request.app.catalogue.change(statement.returning(Review.id))
    return {"id": stored.id, **new.model_dump()}


app = Bookshop(title="Bookshop", lifespan=lifespan)
app.include_router(router)
app.add_middleware(GZipMiddleware)
app.add_middleware(TrustedProxies, trusted_hosts=sorted(settings.TRUSTED_PROXIES))
