"""Sets Link where it should add to it, and the link to the next page is gone.

Fails: test_version_1_points_to_its_successor, test_links_stay_in_their_version
"""

from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from . import shop, timetable


class Isbn:
    """A dependency: the ISBN in the path."""

    def __init__(self, isbn: str) -> None:
        self.plain = isbn.replace("-", "")


IsbnDep = Annotated[Isbn, Depends()]


class OnlyVersion:
    """A dependency: refuses a header that names another version than this one."""

    def __init__(self, version: str) -> None:
        self.version = version

    def __call__(self, api_version: Annotated[str | None, Header()] = None) -> None:
        if api_version not in (None, self.version):
            known = "There are versions 1 and 2, and the address names another one than the header."
            raise HTTPException(400, known)


def find(isbn: IsbnDep) -> shop.Book:
    try:
        return shop.catalogue.find(isbn.plain)
    except shop.NoSuchBookError as error:
        raise HTTPException(404, str(error)) from error


Found = Annotated[shop.Book, Depends(find)]


def way_to(request: Request, name: str, **parameters: str) -> str:
    """The path of one of this version's own routes; `request.url_for` would look in all."""
    return f"{request.scope['root_path']}{request.app.url_path_for(name, **parameters)}"


class Page:
    """A dependency: a page of books."""

    def __init__(
        self,
        request: Request,
        response: Response,
        after: str = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> None:
        found = shop.catalogue.page(after, limit + 1)
        self.books = found[:limit]
        if found[limit:]:
            following = f"{way_to(request, 'list_books')}?after={self.books[-1].isbn}&limit={limit}"
            response.headers["Link"] = f"<{following}>; rel=next"


PageDep = Annotated[Page, Depends()]


def put_in(book: shop.Book, request: Request, response: Response) -> shop.Book:
    try:
        shop.catalogue.add(book)
    except shop.AlreadyThereError as error:
        raise HTTPException(409, str(error)) from error
    response.headers["Location"] = way_to(request, "read_book", isbn=book.isbn)
    return book


class Common(BaseModel):
    isbn: Annotated[str, Field(pattern=r"^[\d-]+$")]
    title: str


first = FastAPI(
    title="Bookshop",
    version="1.0",
    deprecated=True,
    dependencies=[Depends(OnlyVersion("1"))],
)


class First(Common):
    author: str
    price: Annotated[float, Field(ge=0)]


class FirstChange(BaseModel):
    title: str | None = None
    author: str | None = None
    price: Annotated[float, Field(ge=0)] | None = None


def to_first(book: shop.Book) -> dict[str, Any]:
    return {
        "isbn": book.isbn,
        "title": book.title,
        "author": " & ".join(book.authors),
        "price": book.cents / 100,
    }


@first.get("/books", response_model=list[First])
def list_books(page: PageDep) -> Any:
    return map(to_first, page.books)


@first.get("/books/{isbn}", response_model=First)
def read_book(book: Found) -> Any:
    return to_first(book)


@first.post("/books", status_code=201, response_model=First)
def add_book(new: First, request: Request, response: Response) -> Any:
    names = new.author.split(" & ")
    isbn = new.isbn.replace("-", "")
    book = shop.Book(isbn, new.title, (*names,), round(new.price * 100))
    return to_first(put_in(book, request, response))


@first.patch("/books/{isbn}", response_model=First)
def change_book(change: FirstChange, book: Found) -> Any:
    return to_first(
        shop.catalogue.change(
            book.isbn,
            title=change.title or book.title,
            authors=(*change.author.split(" & "),) if change.author else book.authors,
            cents=book.cents if change.price is None else round(change.price * 100),
        )
    )


@first.middleware("http")
async def say_goodbye(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    answer = await call_next(request)
    plan = timetable.V1
    answer.headers["Deprecation"] = f"@{round(plan.deprecated.timestamp())}"
    answer.headers["Sunset"] = plan.sunset.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    inside = request.scope["path"].removeprefix(request.scope["root_path"])
    successor = f"{request.base_url.scheme}://{request.base_url.netloc}/v2{quote(inside)}"
    answer.headers["Link"] = (
        f'<{plan.guide}>; rel="deprecation", <{plan.policy}>; rel="sunset", '
        f'<{successor}>; rel="successor-version"'
    )
    return answer


second = FastAPI(title="Bookshop", version="2.0", dependencies=[Depends(OnlyVersion("2"))])


class Second(Common, extra="forbid"):
    authors: Annotated[list[str], Field(min_length=1)]
    price: Annotated[str, Field(pattern=r"^\d+\.\d{2}$")]
    language: str


class ShownSecond(Common):
    authors: list[str]
    price: str
    language: str | None


class SecondChange(BaseModel, extra="forbid"):
    title: str | None = None
    authors: Annotated[list[str], Field(min_length=1)] | None = None
    price: Annotated[str, Field(pattern=r"^\d+\.\d{2}$")] | None = None
    language: str | None = None


def to_second(book: shop.Book) -> ShownSecond:
    return ShownSecond(
        isbn=book.isbn,
        title=book.title,
        authors=[*book.authors],
        price=f"{book.cents / 100:.2f}",
        language=book.language,
    )


def list_second(page: PageDep) -> list[ShownSecond]:
    return [*map(to_second, page.books)]


def read_second(book: Found) -> ShownSecond:
    return to_second(book)


def add_second(new: Second, request: Request, response: Response) -> ShownSecond:
    cents = round(float(new.price) * 100)
    isbn = new.isbn.replace("-", "")
    book = shop.Book(isbn, new.title, (*new.authors,), cents, new.language)
    return to_second(put_in(book, request, response))


def change_second(change: SecondChange, book: Found) -> ShownSecond:
    changes = change.model_dump(exclude_unset=True, exclude_none=True)
    if change.authors:
        changes["authors"] = (*change.authors,)
    if price := changes.pop("price", None):
        changes["cents"] = round(float(price) * 100)
    return to_second(shop.catalogue.change(book.isbn, **changes))


second.add_api_route("/books", list_second, name="list_books")
second.add_api_route("/books/{isbn}", read_second, name="read_book")
second.add_api_route("/books", add_second, methods=["POST"], status_code=201)
second.add_api_route("/books/{isbn}", change_second, methods=["PATCH"])


class Bookshop(FastAPI):
    """The two applications, and what stands in front of them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/books"):
            named = dict(scope["headers"]).get(b"api-version", b"1")
            await self.hand_on(named, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def hand_on(self, named: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        version = {b"1": first, b"2": second}.get(named)

        async def varied(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"vary", b"accept, api-version")]
            await send(message)

        if version is None:
            answer = Response('{"detail": "API-Version is 1 or 2."}', 400)
            await answer(scope, receive, send)
        else:
            await version(scope, receive, varied)


app = Bookshop(openapi_url=None)
app.mount("/v1", first)
app.mount("/v2", second)
