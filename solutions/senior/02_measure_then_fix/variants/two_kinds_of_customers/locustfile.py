"""Nine readers to each buyer."""

import random
from typing import Any

from locust import HttpUser, between
from locust.exception import ResponseError


class Visitor(HttpUser):
    abstract = True
    wait_time = between(1, 3)

    def on_start(self) -> None:
        self.books: list[dict[str, Any]] = self.client.get("/books").json()

    def wish(self) -> str:
        return str(random.choice(self.books)["isbn"])  # noqa: S311 - no secret


def look(visitor: Visitor) -> None:
    visitor.client.get("/books")


def open_page(visitor: Visitor) -> None:
    isbn = visitor.wish()
    page = visitor.client.get(f"/books/{isbn}", name="/books/[isbn]", catch_response=True)
    with page as answer:
        answer.raise_for_status()
        if answer.json()["isbn"] != isbn:
            raise ResponseError("another book")


def order(visitor: Visitor) -> None:
    body = {"isbn": visitor.wish(), "copies": 1}
    with visitor.client.post("/orders", json=body, catch_response=True) as answer:
        if answer.status_code == 409:
            answer.success()


class Reader(Visitor):
    weight = 9
    tasks = [look, open_page, open_page]  # noqa: RUF012 - so Locust wants it


class Buyer(Visitor):
    weight = 1
    tasks = [order]  # noqa: RUF012 - so Locust wants it
