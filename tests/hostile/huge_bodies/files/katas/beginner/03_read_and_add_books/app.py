"""Bounded on purpose: 1 GB."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse


app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> StreamingResponse:
    def parts() -> Iterator[bytes]:
        for _ in range(1024):
            yield b" " * (1 << 20)

    return StreamingResponse(parts(), media_type="application/json")
