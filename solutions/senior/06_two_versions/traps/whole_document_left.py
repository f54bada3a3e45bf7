"""Makes two documents, and leaves the third one, of both versions, where FastAPI puts it.

Fails: test_each_version_has_its_own_document
"""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, BeforeValidator, Field

from . import shop
from .timetable import V1


def plain(isbn: Any) -> Any:
    return isbn.replace("-", "") if isinstance(isbn, str) else isbn


Isbn = Annotated[str, BeforeValidator(plain)]
NewIsbn = Annotated[Isbn, Field(pattern="^[0-9]+$")]
Limit = Annotated[int, Query(ge=1, le=100)]


class Desk:
    """What can be done with books, whatever they look like."""

    def read(self, isbn: str) -> shop.Book:
        try:
            return shop.catalogue.find(isbn)
        except shop.NoSuchBookError as error:
            raise HTTPException(404, str(error)) from None

    def page(self, version: str, after: str, limit: int, response: Response) -> list[shop.Book]:
        books = shop.catalogue.page(after, limit + 1)
        if books[limit:]:
            query = urlencode({"after": books[limit - 1].isbn, "limit": limit})
            response.headers.append("Link", f"</{version}/books?{query}>; rel=next")
        return books[:limit]

    def add(self, version: str, book: shop.Book, response: Response) -> shop.Book:
        try:
            shop.catalogue.add(book)
        except shop.AlreadyThereError as error:
            raise HTTPException(409, str(error)) from None
        response.headers["Location"] = f"/{version}/books/{book.isbn}"
        return book

    def change(self, isbn: str, changes: dict[str, Any]) -> shop.Book:
        self.read(isbn)
        return shop.catalogue.change(isbn, **changes)


desk = Desk()
v1 = APIRouter(prefix="/v1", deprecated=True, tags=["books"])
v2 = APIRouter(prefix="/v2", tags=["books"])


class OldChange(BaseModel):
    title: str | None = None
    author: str | None = None
    price: Annotated[float, Field(ge=0)] | None = None


class OldNewBook(BaseModel):
    isbn: NewIsbn
    title: str
    author: str
    price: Annotated[float, Field(ge=0)]


class OldBook(BaseModel):
    isbn: str
    title: str
    author: str
    price: float


def old(book: shop.Book) -> OldBook:
    return OldBook(
        isbn=book.isbn,
        title=book.title,
        author=" & ".join(book.authors),
        price=book.cents / 100,
    )


@v1.get("/books")
def list_old_books(response: Response, after: Isbn = "", limit: Limit = 20) -> list[OldBook]:
    return [old(book) for book in desk.page("v1", after, limit, response)]


@v1.get("/books/{isbn}")
def read_old_book(isbn: Isbn) -> OldBook:
    return old(desk.read(isbn))


@v1.post("/books", status_code=201)
def add_old_book(new: OldNewBook, response: Response) -> OldBook:
    authors = tuple(new.author.split(" & "))
    book = shop.Book(new.isbn, new.title, authors, round(new.price * 100))
    return old(desk.add("v1", book, response))


@v1.patch("/books/{isbn}")
def change_old_book(isbn: Isbn, change: OldChange) -> OldBook:
    changes: dict[str, Any] = {}
    if change.title is not None:
        changes["title"] = change.title
    if change.author is not None:
        changes["authors"] = tuple(change.author.split(" & "))
    if change.price is not None:
        changes["cents"] = round(change.price * 100)
    return old(desk.change(isbn, changes))


class NewForm(BaseModel, extra="forbid"):
    title: str
    authors: Annotated[list[str], Field(min_length=1)]
    price: Annotated[str, Field(pattern=r"^\d+\.\d\d$")]
    language: str


class NewBook(NewForm):
    isbn: NewIsbn


class Change(BaseModel, extra="forbid"):
    title: str | None = None
    authors: Annotated[list[str], Field(min_length=1)] | None = None
    price: Annotated[str, Field(pattern=r"^\d+\.\d\d$")] | None = None
    language: str | None = None


class ShownBook(BaseModel):
    isbn: str
    title: str
    authors: list[str]
    price: str
    language: str | None = None


def new_form(book: shop.Book) -> ShownBook:
    return ShownBook(
        isbn=book.isbn,
        title=book.title,
        authors=list(book.authors),
        price=f"{book.cents / 100:.2f}",
        language=book.language,
    )


def from_new_form(sent: dict[str, Any]) -> dict[str, Any]:
    if "authors" in sent:
        sent["authors"] = tuple(sent["authors"])
    if "price" in sent:
        sent["cents"] = round(float(sent.pop("price")) * 100)
    return sent


@v2.get("/books")
def list_books(response: Response, after: Isbn = "", limit: Limit = 20) -> list[ShownBook]:
    return [new_form(book) for book in desk.page("v2", after, limit, response)]


@v2.get("/books/{isbn}")
def read_book(isbn: Isbn) -> ShownBook:
    return new_form(desk.read(isbn))


@v2.post("/books", status_code=201)
def add_book(new: NewBook, response: Response) -> ShownBook:
    book = shop.Book(**from_new_form(new.model_dump()))
    return new_form(desk.add("v2", book, response))


@v2.patch("/books/{isbn}")
def change_book(isbn: Isbn, change: Change) -> ShownBook:
    return new_form(desk.change(isbn, from_new_form(change.model_dump(exclude_none=True))))


app = FastAPI(title="Bookshop", docs_url=None, redoc_url=None)
app.include_router(v1)
app.include_router(v2)


@app.get("/{version}/openapi.json", include_in_schema=False)
def read_document(version: str) -> dict[str, Any]:
    if version not in ("v1", "v2"):
        raise HTTPException(404)
    router = v1 if version == "v1" else v2
    return get_openapi(title="Bookshop", version=version, routes=router.routes)


@app.get("/{version}/docs", include_in_schema=False)
def read_docs(version: str) -> HTMLResponse:
    return get_swagger_ui_html(openapi_url=f"/{version}/openapi.json", title="Bookshop")


@app.middleware("http")
async def choose_version(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    path, named = request.scope["path"], request.headers.get("api-version")
    if named not in (None, "1", "2"):
        return JSONResponse({"detail": "There are versions 1 and 2."}, 400)
    in_path = re.match(r"/v([12])(/.*)", path, re.DOTALL)
    if in_path and named not in (None, in_path[1]):
        return JSONResponse({"detail": "Make up your mind."}, 400)
    version, rest = in_path.groups() if in_path else (named or "1", path)
    is_unversioned = path == "/books" or path.startswith("/books/")
    if is_unversioned:
        request.scope["path"] = f"/v{version}{path}"
    answer = await call_next(request)
    if is_unversioned:
        answer.headers.add_vary_header("api-version")
    if version == "1" and (in_path or is_unversioned):
        answer.headers["deprecation"] = f"@{V1.deprecated.timestamp():.0f}"
        answer.headers["sunset"] = format_datetime(V1.sunset.astimezone(UTC), usegmt=True)
        ways = [
            answer.headers.get("link"),
            f'</v2{quote(rest)}>; rel="successor-version"',
            f'<{V1.guide}>; rel="deprecation"; type="text/html"',
            f'<{V1.policy}>; rel="sunset"; type="text/html"',
        ]
        answer.headers["link"] = ", ".join(filter(None, ways))
    return answer
