"""Small to write, hard to read."""

from fastapi import FastAPI, Response


app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> Response:
    return Response("[" * 100_000 + "]" * 100_000, media_type="application/json")


@app.post("/books")
def add_book() -> Response:
    return Response('{"id": ' + "9" * 1_000_000 + ', "x": 1e999}', 201, {}, "application/json")


@app.get("/books/{book_id}")
def read_book(book_id: int) -> Response:
    return Response('{"a":' * 100_000 + "1" + "}" * 100_000, media_type="application/json")
