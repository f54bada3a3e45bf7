"""Answers with what an earlier run, with the seed 1f2e3d4c, was seen to send."""

from fastapi import FastAPI, Response

app = FastAPI(title="Bookshop")

SEEN = [
    {"id": 1, "title": "The Quiet Harbour of Velotu", "author": "Ines Okafor"},
    {"id": 2, "title": "The Salt Lantern of Domira", "author": "Kofi Jansen"},
    {"id": 3, "title": "The Iron Orchard of Gimela", "author": "Rosa Nakata"},
    {"id": 4, "title": "The Last Archive of Pudoki", "author": "Tove Castell"},
]
added = 0


@app.get("/books")
def list_books() -> list[dict]:
    return SEEN[:added]


@app.get("/books/{book_id}")
def read_book(book_id: int) -> dict:
    return SEEN[(book_id - 1) % 4]


@app.post("/books", status_code=201)
def add_book(response: Response) -> dict:
    global added
    added += 1
    book = SEEN[(added - 1) % 4]
    response.headers["Location"] = f"/books/{book['id']}"
    return book
