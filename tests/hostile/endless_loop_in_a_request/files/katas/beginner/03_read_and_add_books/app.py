"""Blocks the loop that everything else waits for."""

from fastapi import FastAPI


app = FastAPI(title="Bookshop")


@app.get("/books")
async def list_books() -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
