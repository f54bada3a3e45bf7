"""Two routes at one path: a route class matches only when its version was asked for."""

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar
from urllib.parse import quote
from wsgiref.handlers import format_date_time

from fastapi import APIRouter, FastAPI, Path, Query, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import shop, timetable

ISBN_IN_PATH = Annotated[str, Path()]


class Shown(BaseModel):
    """The base of what versions show."""

    @classmethod
    def of(cls, book: shop.Book) -> Self:
        raise NotImplementedError


class Sent(BaseModel):
    """The base of what versions take."""

    def fields(self) -> dict[str, Any]:
        raise NotImplementedError


class WithIsbn(BaseModel):
    isbn: Annotated[str, Field(pattern="^[0-9-]+$")]

    @field_validator("isbn")
    @classmethod
    def drop_hyphens(cls, isbn: str) -> str:
        return isbn.replace("-", "")


S = TypeVar("S", bound=Shown)
N = TypeVar("N", bound=Sent)
C = TypeVar("C", bound=Sent)


@dataclass(frozen=True)
class Form(Generic[S, N, C]):
    shown: type[S]
    new: type[N]
    change: type[C]


def router_for(form: Form[S, N, C], route_class: type[APIRoute], **more: Any) -> APIRouter:
    """The four operations, in one form: written once, and built once a version and way."""
    router = APIRouter(route_class=route_class, **more)

    async def list_books(
        request: Request,
        response: Response,
        after: str = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Any:
        books = shop.catalogue.page(after.replace("-", ""), limit + 1)
        if len(books) > limit:
            address = request.url.include_query_params(after=books[limit - 1].isbn, limit=limit)
            response.headers["Link"] = f'<{address}>; rel="next"'
        return [form.shown.of(book) for book in books[:limit]]

    async def read_book(isbn: ISBN_IN_PATH) -> Any:
        return form.shown.of(shop.catalogue.find(isbn.replace("-", "")))

    async def add_book(new: Any, request: Request, response: Response) -> Any:
        book = shop.Book(**new.fields())
        shop.catalogue.add(book)
        response.headers["Location"] = f"{request.url.path}/{book.isbn}"
        return form.shown.of(book)

    async def change_book(isbn: ISBN_IN_PATH, change: Any) -> Any:
        return form.shown.of(shop.catalogue.change(isbn.replace("-", ""), **change.fields()))

    add_book.__annotations__["new"] = form.new
    change_book.__annotations__["change"] = form.change
    router.add_api_route("/books", list_books, response_model=list[form.shown])  # type: ignore[name-defined]
    router.add_api_route("/books/{isbn}", read_book, response_model=form.shown)
    router.add_api_route(
        "/books", add_book, methods=["POST"], status_code=201, response_model=form.shown
    )
    router.add_api_route("/books/{isbn}", change_book, methods=["PATCH"], response_model=form.shown)
    return router


class Book1(Shown):
    isbn: str
    title: str
    author: str
    price: float

    @classmethod
    def of(cls, book: shop.Book) -> Self:
        return cls(**asdict(book), author=" & ".join(book.authors), price=book.cents / 100)


class Change1(Sent):
    title: str | None = None
    author: str | None = None
    price: Annotated[float, Field(ge=0)] | None = None

    def fields(self) -> dict[str, Any]:
        sent = self.model_dump(exclude_none=True)
        if "author" in sent:
            sent["authors"] = tuple(sent.pop("author").split(" & "))
        if "price" in sent:
            sent["cents"] = round(sent.pop("price") * 100)
        return sent


class New1(Change1, WithIsbn):
    title: str
    author: str
    price: Annotated[float, Field(ge=0)]


class Book2(Shown):
    isbn: str
    title: str
    authors: list[str]
    price: Decimal
    language: str | None

    @classmethod
    def of(cls, book: shop.Book) -> Self:
        return cls(**asdict(book), price=Decimal(book.cents).scaleb(-2))


class Change2(Sent):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    title: str | None = None
    authors: Annotated[list[str], Field(min_length=1)] | None = None
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)] | None = None
    language: str | None = None

    def fields(self) -> dict[str, Any]:
        sent = self.model_dump(exclude_none=True)
        if "authors" in sent:
            sent["authors"] = tuple(sent["authors"])
        if "price" in sent:
            sent["cents"] = int(sent.pop("price") * 100)
        return sent


class New2(Change2, WithIsbn):
    title: str
    authors: Annotated[list[str], Field(min_length=1)]
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)]
    language: str


FORMS: dict[str, Form[Any, Any, Any]] = {
    "1": Form(Book1, New1, Change1),
    "2": Form(Book2, New2, Change2),
}


def route_for(version: str) -> type[APIRoute]:
    class VersionRoute(APIRoute):
        def matches(self, scope: Scope) -> tuple[Match, Scope]:
            if scope["version"] != version:
                return Match.NONE, {}
            return super().matches(scope)

    return VersionRoute


app = FastAPI(title="Bookshop", openapi_url=None)
documents: dict[str, dict[str, Any]] = {}
for version, form in FORMS.items():
    is_old = True if version == "1" else None
    router = router_for(form, APIRoute, prefix=f"/v{version}", deprecated=is_old)
    documents[version] = get_openapi(title="Bookshop", version=version, routes=router.routes)
    app.include_router(router)
    app.include_router(router_for(form, route_for(version), include_in_schema=False))


@app.get("/v1/openapi.json")
async def document_1() -> dict[str, Any]:
    return documents["1"]


@app.get("/v2/openapi.json")
async def document_2() -> dict[str, Any]:
    return documents["2"]


@app.get("/v1/docs")
async def docs_1() -> HTMLResponse:
    return get_swagger_ui_html(openapi_url="openapi.json", title="Bookshop 1")


@app.get("/v2/docs")
async def docs_2() -> HTMLResponse:
    return get_swagger_ui_html(openapi_url="openapi.json", title="Bookshop 2")


@app.exception_handler(shop.NoSuchBookError)
async def no_such_book(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 404)


@app.exception_handler(shop.AlreadyThereError)
async def already_there(request: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, 409)


class ChooseVersion:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        header = Headers(scope=scope).get("api-version")
        found = re.match("/v([12])/", scope["path"])
        path = found[1] if found else None
        if header not in (None, *FORMS) or (path and header and path != header):
            answer = JSONResponse({"detail": "Ask for version 1 or 2, and for one only."}, 400)
            await answer(scope, receive, send)
            return
        scope["version"] = path or header or "1"
        inside = scope["path"][3:] if found else scope["path"]

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("API-Version")
                if scope["version"] == "1" and inside.startswith("/books"):
                    write_the_way_out(headers, "/v2" + quote(inside))
            await send(message)

        await self.app(scope, receive, mark)


def write_the_way_out(headers: MutableHeaders, successor: str) -> None:
    plan = timetable.V1
    seconds = (plan.deprecated - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    headers["Deprecation"] = f"@{int(seconds)}"
    headers["Sunset"] = format_date_time(plan.sunset.timestamp())
    headers.append("Link", f"<{successor}>; rel=successor-version")
    headers.append("Link", f"<{plan.guide}>; rel=deprecation, <{plan.policy}>; rel=sunset")


app.add_middleware(ChooseVersion)
