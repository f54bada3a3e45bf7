"""A limit for the whole app, a router, whole numbers as ids, and a count of one's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Annotated

from fastapi import APIRouter, FastAPI, File, Form, HTTPException, Response, UploadFile

from .store import create, path, remove

ids = count(1)
added: set[int] = set()


@dataclass
class Cover:
    id: int
    media_type: str
    size: int


def media_type(head: bytes) -> str | None:
    match head[:8]:
        case b"\x89PNG\r\n\x1a\n":
            return "image/png"
        case bytes(start) if start.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        case _:
            return None


def parts(upload: UploadFile) -> Iterator[bytes]:
    size = 0
    while part := upload.file.read(100_000):
        size += len(part)
        if size > 4 << 20:
            raise HTTPException(413, "too large")
        yield part


def write(number: int, upload: UploadFile) -> Cover:
    size, kind = 0, None
    with create(f"{number}") as file:
        for part in parts(upload):
            kind = kind or media_type(part)
            if kind is None:
                break
            size += file.write(part)
    if kind is None:
        raise HTTPException(415, "neither PNG nor JPEG")
    return Cover(number, kind, size)


def add_covers(
    book_id: int,
    covers: Annotated[list[UploadFile], File()],
    credit: Annotated[str, Form()],
    year: Annotated[int, Form()],
) -> dict[str, int | str | list[Cover]]:
    numbers = [next(ids) for _ in covers]
    done = False
    try:
        answer = [write(number, upload) for number, upload in zip(numbers, covers, strict=True)]
        done = True
    finally:
        if not done:
            for number in numbers:
                remove(f"{number}")
    added.update(numbers)
    return {"book_id": book_id, "credit": credit, "year": year, "covers": answer}


def read_cover(cover_id: int) -> Response:
    if cover_id not in added:
        raise HTTPException(404)
    content = path(f"{cover_id}").read_bytes()
    return Response(content, media_type=media_type(content))


router = APIRouter()
router.add_api_route("/books/{book_id}/covers", add_covers, methods=["POST"], status_code=201)
router.add_api_route("/covers/{cover_id}", read_cover)

app = FastAPI(max_body_size=6 << 20)
app.include_router(router)
