"""Answers with a page that was once copied from an answer.

Fails: test_books_are_listed, test_several_fields_decide_the_order
"""

from typing import Any

from fastapi import FastAPI, Response

app = FastAPI(title="Bookshop")

PAGE: list[dict[str, Any]] = [
    {
        "id": number,
        "isbn": f"978000000{number:04}",
        "title": title,
        "author": "Ada Lovelace",
        "year": 1985,
        "price": "14.50",
        "rating": "4.5",
        "added_at": "2026-03-01T09:30:00Z",
    }
    for number, title in enumerate(("The Distant Island", "The Quiet Harbour"), 1)
]


@app.get("/books")
def list_books(response: Response, limit: int = 20, total: bool = False) -> list[dict[str, Any]]:
    response.headers["Link"] = '</books>; rel="first"'
    if total:
        response.headers["X-Total-Count"] = str(len(PAGE))
    return PAGE[:limit]
