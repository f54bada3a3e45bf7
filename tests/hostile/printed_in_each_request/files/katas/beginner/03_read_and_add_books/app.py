"""What a test prints is kept, so it prints much."""

import logging
import sys

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

log = logging.getLogger("shop")


@app.get("/books")
def list_books() -> list[dict]:
    for _ in range(100):
        print("x" * (1 << 20))
        log.error("y" * (1 << 10))
        sys.stderr.write("z" * (1 << 10))
    return []
