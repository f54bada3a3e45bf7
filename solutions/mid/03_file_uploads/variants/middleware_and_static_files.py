"""Middleware that counts the body, a form model, parts awaited one by one, and StaticFiles."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import FastAPI, Form, HTTPException, UploadFile
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import store

MOST_OF_COVER = 4 * 1024 * 1024
MOST_OF_BODY = 6 * 1024 * 1024


class BodyLimit:
    """Counts what is read, and ends the reading where it is too much."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise HTTPException(413, "The body is too large.")
            return message

        await self.app(scope, counted if scope["type"] == "http" else receive, send)


class CoversForm(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    covers: list[UploadFile]
    credit: str
    year: int


app = FastAPI(title="Covers")
app.add_middleware(BodyLimit, most=MOST_OF_BODY)


async def ending_of(upload: UploadFile) -> str:
    """Check one file, before any is stored."""
    if upload.size is None or upload.size > MOST_OF_COVER:
        raise HTTPException(413, "The cover is too large.")
    head = await upload.read(8)
    await upload.seek(0)
    if head == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:3] == b"\xff\xd8\xff":
        return "jpg"
    raise HTTPException(415, "The cover is neither PNG nor JPEG.")


@app.post("/books/{book_id}/covers", status_code=201)
async def add_covers(book_id: int, form: Annotated[CoversForm, Form()]) -> dict[str, Any]:
    names = [f"{uuid4()}.{await ending_of(upload)}" for upload in form.covers]
    try:
        for name, upload in zip(names, form.covers, strict=True):
            with store.create(name) as file:
                while part := await upload.read(256 * 1024):
                    await run_in_threadpool(file.write, part)
    except BaseException:
        for name in names:
            store.remove(name)
        raise
    covers = [
        {
            "id": name,
            "media_type": "image/png" if name.endswith(".png") else "image/jpeg",
            "size": upload.size,
        }
        for name, upload in zip(names, form.covers, strict=True)
    ]
    return {"book_id": book_id, "credit": form.credit, "year": form.year, "covers": covers}


app.mount("/covers", StaticFiles(directory=store.folder))
