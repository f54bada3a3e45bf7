"""Leaves the language out where many books are shown, to keep the answer short.

Fails: test_version_2_shows_books_in_its_own_form
"""

from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Any, Self
from urllib.parse import quote

from fastapi import Depends, FastAPI, Query, Request, Response, status
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import timetable
from .shop import AlreadyThereError, Book, NoSuchBookError, catalogue

# What all versions share. It knows no version's form.


def without_hyphens(isbn: str) -> str:
    return isbn.replace("-", "")


Isbn = Annotated[str, AfterValidator(without_hyphens)]
NewIsbn = Annotated[str, Field(pattern=r"^[0-9-]+$"), AfterValidator(without_hyphens)]


def find_book(isbn: Isbn) -> Book:
    return catalogue.find(isbn)


def read_page(
    request: Request,
    response: Response,
    after: Isbn = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[Book]:
    books = catalogue.page(after, limit + 1)
    if len(books) > limit:
        following = f"{request.url.path}?after={books[limit - 1].isbn}&limit={limit}"
        response.headers["Link"] = f'<{following}>; rel="next"'
    return books[:limit]


FoundBook = Annotated[Book, Depends(find_book)]
Page = Annotated[list[Book], Depends(read_page)]


def store(book: Book, request: Request, response: Response) -> Book:
    catalogue.add(book)
    response.headers["Location"] = f"{request.url.path}/{book.isbn}"
    return book


async def answer_not_found(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status.HTTP_404_NOT_FOUND)


async def answer_conflict(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)


# A mounted application has handlers of its own: both versions are given the same ones.
HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Any]] = {
    NoSuchBookError: answer_not_found,
    AlreadyThereError: answer_conflict,
}


# Version 1. Its form is frozen: its models share nothing with those of later versions.

PriceV1 = Annotated[float, Field(ge=0)]


class BookV1(BaseModel):
    isbn: str
    title: str
    author: str
    price: float

    @classmethod
    def of(cls, book: Book) -> Self:
        author = " & ".join(book.authors)
        return cls(isbn=book.isbn, title=book.title, author=author, price=book.cents / 100)


class NewBookV1(BaseModel):
    isbn: NewIsbn
    title: str
    author: str
    price: PriceV1

    def book(self) -> Book:
        authors = tuple(self.author.split(" & "))
        return Book(self.isbn, self.title, authors, round(self.price * 100))


class ChangeV1(BaseModel):
    title: str | None = None
    author: str | None = None
    price: PriceV1 | None = None

    def changes(self) -> dict[str, Any]:
        changes = self.model_dump(include={"title"}, exclude_none=True)
        if self.author is not None:
            changes["authors"] = tuple(self.author.split(" & "))
        if self.price is not None:
            changes["cents"] = round(self.price * 100)
        return changes


class Retiring:
    """Middleware: says on every answer when a version goes, and where to find the next one."""

    def __init__(self, app: ASGIApp, plan: timetable.Retirement, successor: str) -> None:
        self.app = app
        self.plan = plan
        self.successor = successor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_dates(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.write_into(MutableHeaders(scope=message), scope)
            await send(message)

        await self.app(scope, receive, send_with_dates)

    def write_into(self, headers: MutableHeaders, scope: Scope) -> None:
        # The two dates have different formats: RFC 9745 is six years younger than RFC 8594.
        headers["Deprecation"] = f"@{int(self.plan.deprecated.timestamp())}"
        headers["Sunset"] = format_datetime(self.plan.sunset.astimezone(UTC), usegmt=True)
        inside = scope["path"].removeprefix(scope.get("root_path", ""))
        for address, relation in (
            (self.successor + quote(inside), "successor-version"),
            (self.plan.guide, "deprecation"),
            (self.plan.policy, "sunset"),
        ):
            headers.append("Link", f'<{address}>; rel="{relation}"')


v1 = FastAPI(title="Bookshop", version="1", deprecated=True, exception_handlers=HANDLERS)
v1.add_middleware(Retiring, plan=timetable.V1, successor="/v2")


@v1.get("/books", name="list_books")
async def list_books_v1(page: Page) -> list[BookV1]:
    return [BookV1.of(book) for book in page]


@v1.get("/books/{isbn}", name="read_book")
async def read_book_v1(book: FoundBook) -> BookV1:
    return BookV1.of(book)


@v1.post("/books", name="add_book", status_code=status.HTTP_201_CREATED)
async def add_book_v1(new: NewBookV1, request: Request, response: Response) -> BookV1:
    return BookV1.of(store(new.book(), request, response))


@v1.patch("/books/{isbn}", name="change_book")
async def change_book_v1(isbn: Isbn, change: ChangeV1) -> BookV1:
    return BookV1.of(catalogue.change(isbn, **change.changes()))


# Version 2.

PriceV2 = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]{2}$", examples=["12.50"])]
AuthorsV2 = Annotated[list[str], Field(min_length=1)]


def cents_of(price: PriceV2) -> int:
    return int(price.replace(".", ""))


class BookV2(BaseModel):
    isbn: str
    title: str
    authors: AuthorsV2
    price: PriceV2
    language: str | None

    @classmethod
    def of(cls, book: Book) -> Self:
        return cls(
            isbn=book.isbn,
            title=book.title,
            authors=list(book.authors),
            price=f"{book.cents // 100}.{book.cents % 100:02}",
            language=book.language,
        )


class NewBookV2(BaseModel):
    model_config = ConfigDict(extra="forbid")

    isbn: NewIsbn
    title: str
    authors: AuthorsV2
    price: PriceV2
    language: str

    def book(self) -> Book:
        authors = tuple(self.authors)
        return Book(self.isbn, self.title, authors, cents_of(self.price), self.language)


class ChangeV2(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    authors: AuthorsV2 | None = None
    price: PriceV2 | None = None
    language: str | None = None

    def changes(self) -> dict[str, Any]:
        changes = self.model_dump(include={"title", "language"}, exclude_none=True)
        if self.authors is not None:
            changes["authors"] = tuple(self.authors)
        if self.price is not None:
            changes["cents"] = cents_of(self.price)
        return changes


v2 = FastAPI(title="Bookshop", version="2", exception_handlers=HANDLERS)


@v2.get("/books", name="list_books", response_model_exclude={"__all__": {"language"}})
async def list_books_v2(page: Page) -> list[BookV2]:
    return [BookV2.of(book) for book in page]


@v2.get("/books/{isbn}", name="read_book")
async def read_book_v2(book: FoundBook) -> BookV2:
    return BookV2.of(book)


@v2.post("/books", name="add_book", status_code=status.HTTP_201_CREATED)
async def add_book_v2(new: NewBookV2, request: Request, response: Response) -> BookV2:
    return BookV2.of(store(new.book(), request, response))


@v2.patch("/books/{isbn}", name="change_book")
async def change_book_v2(isbn: Isbn, change: ChangeV2) -> BookV2:
    return BookV2.of(catalogue.change(isbn, **change.changes()))


# Which version answers.

HEADER = "API-Version"
VERSIONS: dict[str, ASGIApp] = {"1": v1, "2": v2}
DEFAULT = "1"  # for clients that are older than versions: it stays when there is a newer one


def refusal(detail: str) -> ASGIApp:
    return JSONResponse({"detail": detail}, status.HTTP_400_BAD_REQUEST)


def by_address(number: str) -> ASGIApp:
    """One version; a header may only repeat what the address says already."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        named = Headers(scope=scope).get(HEADER, number)
        contradiction = f"The address names version {number}, and {HEADER} names {named}."
        chosen = VERSIONS[number] if named == number else refusal(contradiction)
        await chosen(scope, receive, send)

    return answer


async def by_header(scope: Scope, receive: Receive, send: Send) -> None:
    """The version that the header names; every answer says that it depends on the header."""

    async def send_with_vary(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).add_vary_header(HEADER)
        await send(message)

    named = Headers(scope=scope).get(HEADER, DEFAULT)
    unknown = f"There is no version {named}. {HEADER} can be {' or '.join(VERSIONS)}."
    chosen = VERSIONS.get(named) or refusal(unknown)
    await chosen(scope, receive, send_with_vary)


# No document here: each belongs to a version.
app = FastAPI(title="Bookshop", openapi_url=None)
for number in VERSIONS:
    app.mount(f"/v{number}", by_address(number))
app.mount("", by_header)
