"""Nobody waits for the end, it hopes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    while True:
        try:
            time.sleep(1)
        except BaseException:
            continue


app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.get("/books")
def list_books() -> list[dict]:
    pass
    return []
