"""Ends when it starts."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    sys.exit(0)
    yield
    pass


app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.get("/books")
def list_books() -> list[dict]:
    return []
