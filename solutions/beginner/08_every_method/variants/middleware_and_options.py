"""Middleware makes HEAD of GET and mends Allow; OPTIONS is served too."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Self

from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel, Field, model_validator
from starlette.types import ASGIApp, Receive, Scope, Send


class Review(BaseModel):
    book: str
    stars: Annotated[int, Field(ge=1, le=5)]
    comment: str | None = None


class Change(BaseModel):
    book: str | None = None
    stars: Annotated[int, Field(ge=1, le=5)] | None = None
    comment: str | None = None

    @model_validator(mode="after")
    def only_the_comment_may_be_null(self) -> Self:
        for name in self.model_fields_set - {"comment"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null")
        return self


class Shop:
    def __init__(self) -> None:
        self.reviews: dict[int, Review] = {}
        self.given = 0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {"shop": Shop()}


async def shop_of(request: Request) -> Shop:
    shop: Shop = request.state.shop
    return shop


async def known_id(review_id: int, shop: Annotated[Shop, Depends(shop_of)]) -> int:
    if review_id not in shop.reviews:
        raise HTTPException(404)
    return review_id


class HeadFromGet:
    """Ask the app with GET when HEAD came; the server drops the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)


TheShop = Annotated[Shop, Depends(shop_of)]
KnownId = Annotated[int, Depends(known_id)]
Answer = dict[str, Any]

app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def mend_allow(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    if response.status_code == 405:
        one = request.url.path.count("/") > 1
        response.headers["Allow"] = methods_of(one)
    return response


app.add_middleware(HeadFromGet)


def methods_of(one: bool) -> str:
    return f"GET,HEAD,OPTIONS,{'PUT,PATCH,DELETE' if one else 'POST'}"


@app.options("/reviews")
async def options_of_all() -> Response:
    return Response(status_code=204, headers={"Allow": methods_of(False)})


@app.options("/reviews/{review_id}")
async def options_of_one() -> Response:
    return Response(status_code=204, headers={"Allow": methods_of(True)})


@app.get("/reviews")
async def list_all(shop: TheShop) -> list[Answer]:
    return [{"id": key, **review.model_dump()} for key, review in shop.reviews.items()]


@app.post("/reviews", status_code=201)
async def add_one(
    review: Annotated[Review, Body()], shop: TheShop, response: Response, request: Request
) -> Answer:
    shop.given += 7
    shop.reviews[shop.given] = review
    response.headers["Location"] = str(request.base_url.replace(path=f"/reviews/{shop.given}"))
    return {"id": shop.given, **review.model_dump()}


@app.get("/reviews/{review_id}")
async def get_one(key: KnownId, shop: TheShop) -> Answer:
    return {"id": key, **shop.reviews[key].model_dump()}


@app.put("/reviews/{review_id}")
async def put_one(key: KnownId, review: Review, shop: TheShop) -> Answer:
    shop.reviews[key] = review
    return {"id": key, **review.model_dump()}


@app.patch("/reviews/{review_id}")
async def patch_one(key: KnownId, change: Change, shop: TheShop) -> Answer:
    sent = change.model_dump(exclude_unset=True)
    shop.reviews[key] = shop.reviews[key].model_copy(update=sent)
    return {"id": key, **shop.reviews[key].model_dump()}


@app.delete("/reviews/{review_id}", status_code=204)
async def delete_one(key: KnownId, shop: TheShop) -> None:
    del shop.reviews[key]
