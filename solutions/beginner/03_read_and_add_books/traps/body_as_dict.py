"""Takes any dictionary as the body, so that nothing is checked.

Fails: test_a_book_without_a_title_is_refused
"""

from itertools import count

from fastapi import FastAPI, HTTPException, Response

app = FastAPI()
books: dict[int, dict] = {}
ids = count(1)


@app.get("/books")
def list_books():
    return list(books.values())


@app.get("/books/{book_id}")
def read_book(book_id: int):
    if book_id not in books:
        raise HTTPException(404)
    return books[book_id]


@app.post("/books", status_code=201)
def add_book(new: dict, response: Response):
    book_id = next(ids)
    books[book_id] = {**new, "id": book_id}
    response.headers["Location"] = f"/books/{book_id}"
    return books[book_id]
