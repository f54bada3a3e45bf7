"""No UploadFile: the body is parsed as it comes, and goes straight into the store."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated, Any, BinaryIO
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from . import store

COVER_BYTES = 4 << 20
BODY_BYTES = 6 << 20
FIELD_BYTES = 10_000
TYPES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


class Cover(BaseModel):
    id: UUID
    media_type: str
    size: int


class Form(BaseModel):
    credit: str
    year: int
    covers: Annotated[list[Cover], Field(min_length=1)]


class Reader:
    """Takes the parts of a form one after the other; what is written is undone by `undo`."""

    def __init__(self, undo: ExitStack, boundary: bytes) -> None:
        self.undo = undo
        self.fields: dict[str, str] = {}
        self.covers: list[Cover] = []
        self.header = (bytearray(), bytearray())
        self.name = ""
        self.is_file = False
        self.head = bytearray()
        self.file: BinaryIO | None = None
        self.parser = MultipartParser(
            boundary,
            {
                "on_header_field": lambda data, start, end: self.header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self.header[1].extend(data[start:end]),
                "on_header_end": self.on_header_end,
                "on_part_begin": self.on_part_begin,
                "on_part_data": self.on_part_data,
                "on_part_end": self.on_part_end,
            },
        )

    def on_part_begin(self) -> None:
        self.name, self.is_file, self.head, self.file = "", False, bytearray(), None

    def on_header_end(self) -> None:
        name, value = (bytes(part) for part in self.header)
        self.header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self.name = options.get(b"name", b"").decode()
            self.is_file = b"filename" in options

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = data[start:end]
        if self.is_file and self.name == "covers":
            self.on_cover_data(part)
        elif not self.is_file:
            self.head += part
            if len(self.head) > FIELD_BYTES:
                raise HTTPException(413, f"{self.name} is too long.")

    def on_cover_data(self, part: bytes) -> None:
        if self.file is None:
            self.head += part
            if len(self.head) < 8:
                return
            part = bytes(self.head)
            self.begin_cover()
        cover = self.covers[-1]
        cover.size += len(part)
        if cover.size > COVER_BYTES:
            raise HTTPException(413, "A cover has at most 4 MiB.")
        assert self.file is not None
        self.file.write(part)

    def begin_cover(self) -> None:
        for start, media_type in TYPES:
            if self.head.startswith(start):
                cover = Cover(id=uuid4(), media_type=media_type, size=0)
                self.undo.callback(store.remove, cover.id.hex)
                self.file = self.undo.enter_context(store.create(cover.id.hex))
                self.covers.append(cover)
                return
        raise HTTPException(415, "A cover is a PNG or a JPEG.")

    def on_part_end(self) -> None:
        if not self.is_file:
            self.fields[self.name] = self.head.decode(errors="replace")
        elif self.name == "covers":
            if self.file is None:
                self.end_short_cover()
            assert self.file is not None
            self.file.close()

    def end_short_cover(self) -> None:
        self.begin_cover()
        self.covers[-1].size = len(self.head)
        assert self.file is not None
        self.file.write(self.head)


async def limited(request: Request) -> AsyncIterator[bytes]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES:
            raise HTTPException(413, "A form has at most 6 MiB.")
        yield part


async def read_form(request: Request) -> AsyncIterator[Form]:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise HTTPException(422, "Send a multipart form.")
    with ExitStack() as undo:
        reader = Reader(undo, options[b"boundary"])
        try:
            async for part in limited(request):
                reader.parser.write(part)
            form = Form.model_validate({**reader.fields, "covers": reader.covers})
        except FormParserError:
            raise HTTPException(422, "This is no multipart form.") from None
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from error
        yield form
        undo.pop_all()


app = FastAPI(title="Covers")
known: dict[UUID, Cover] = {}


@app.post("/books/{book_id}/covers", status_code=201)
async def add_covers(
    book_id: int, form: Annotated[Form, Depends(read_form, scope="function")]
) -> dict[str, Any]:
    known.update({cover.id: cover for cover in form.covers})
    return {"book_id": book_id, **form.model_dump()}


@app.get("/covers/{cover_id}")
async def read_cover(cover_id: UUID) -> FileResponse:
    if cover_id not in known:
        raise HTTPException(404, "There is no such cover.")
    return FileResponse(store.path(cover_id.hex), media_type=known[cover_id].media_type)
