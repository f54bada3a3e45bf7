"""Somebody has begun: this finds out how fast the shop can answer, but not how fast it feels."""

import random

from locust import HttpUser, task

ISBNS = ["9780140449266", "9780141439518", "9780142437230"]


class Visitor(HttpUser):
    """Asks for pages as fast as they come. Nobody does so in a bookshop."""

    @task
    def list_books(self) -> None:
        """Look at the list."""
        self.client.get("/books")

    @task
    def open_book(self) -> None:
        """Look at one book."""
        self.client.get(f"/books/{random.choice(ISBNS)}")  # noqa: S311 - it keeps no secret
