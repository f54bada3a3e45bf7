"""Answers as if the form held one PNG of a fixed size.

Fails: test_a_cover_is_taken_in
"""

from typing import Annotated, Any

from fastapi import FastAPI, Form, HTTPException, UploadFile
from fastapi.responses import FileResponse

from . import store

app = FastAPI(title="Covers")


@app.post("/books/{book_id}/covers", status_code=201, max_body_size=6 << 20)
def add_covers(
    book_id: int,
    covers: list[UploadFile],
    credit: Annotated[str, Form()],
    year: Annotated[int, Form()],
) -> dict[str, Any]:
    with store.create("1") as file:
        file.write(covers[0].file.read())
    cover = {"id": 1, "media_type": "image/png", "size": 10_000}
    return {"book_id": book_id, "credit": credit, "year": year, "covers": [cover]}


@app.get("/covers/{cover_id}")
def read_cover(cover_id: int) -> FileResponse:
    if cover_id != 1:
        raise HTTPException(404)
    return FileResponse(store.path("1"), media_type="image/png")
