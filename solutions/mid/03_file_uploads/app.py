import shutil
from contextlib import ExitStack
from typing import Annotated, BinaryIO, Literal
from uuid import uuid4

from fastapi import Depends, FastAPI, Form, HTTPException, Request, UploadFile, status
from fastapi.responses import FileResponse
from pydantic import BaseModel

from . import store

MIB = 1 << 20
MAX_COVER = 4 * MIB
MAX_BODY = 6 * MIB

MediaType = Literal["image/png", "image/jpeg"]
SIGNATURES: dict[bytes, MediaType] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


class Cover(BaseModel):
    id: str
    media_type: MediaType
    size: int


class CoversOfBook(BaseModel):
    book_id: int
    credit: str
    year: int
    covers: list[Cover]


def get_covers(request: Request) -> dict[str, Cover]:
    covers: dict[str, Cover] = request.app.state.covers
    return covers


KnownCovers = Annotated[dict[str, Cover], Depends(get_covers)]

app = FastAPI(title="Covers")
app.state.covers = {}


@app.post("/books/{book_id}/covers", status_code=status.HTTP_201_CREATED, max_body_size=MAX_BODY)
def add_covers(
    book_id: int,
    covers: list[UploadFile],
    credit: Annotated[str, Form()],
    year: Annotated[int, Form()],
    known: KnownCovers,
) -> CoversOfBook:
    with ExitStack() as undo:
        added = [keep(upload, undo) for upload in covers]
        undo.pop_all()
    known.update((cover.id, cover) for cover in added)
    return CoversOfBook(book_id=book_id, credit=credit, year=year, covers=added)


@app.get("/covers/{cover_id}", response_class=FileResponse)
def read_cover(cover_id: str, known: KnownCovers) -> FileResponse:
    cover = known.get(cover_id)
    if cover is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such cover.")
    return FileResponse(
        store.path(cover.id),
        media_type=cover.media_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


def keep(upload: UploadFile, undo: ExitStack) -> Cover:
    """Check one file and copy it into the store; `undo` removes it again."""
    size = upload.size or 0
    if size > MAX_COVER:
        detail = f"A cover has at most {MAX_COVER} bytes."
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, detail)
    cover = Cover(id=uuid4().hex, media_type=media_type_of(upload.file), size=size)
    undo.callback(store.remove, cover.id)
    with store.create(cover.id) as file:
        shutil.copyfileobj(upload.file, file)
    return cover


def media_type_of(file: BinaryIO) -> MediaType:
    """Tell the type from the first bytes, and go back to the beginning."""
    head = file.read(max(map(len, SIGNATURES)))
    file.seek(0)
    for signature, media_type in SIGNATURES.items():
        if head.startswith(signature):
            return media_type
    raise HTTPException(status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, "A cover is a PNG or a JPEG.")
