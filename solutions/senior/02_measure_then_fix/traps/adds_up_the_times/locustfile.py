"""Customers of the bookshop, for Locust: they look around, and now and then one of them orders."""

import random

from locust import HttpUser, between, task


class Customer(HttpUser):
    wait_time = between(1, 3)

    def on_start(self) -> None:
        books = self.client.get("/books").json()
        self.isbns: list[str] = [book["isbn"] for book in books]

    @task(6)
    def open_book(self) -> None:
        isbn = self.any_isbn()
        with self.client.get(f"/books/{isbn}", name="/books/{isbn}", catch_response=True) as answer:
            if answer.ok and answer.json()["isbn"] != isbn:
                answer.failure("The page of another book.")

    @task(3)
    def list_books(self) -> None:
        self.client.get("/books")

    @task(1)
    def place_order(self) -> None:
        order = {"isbn": self.any_isbn(), "copies": 1}
        with self.client.post("/orders", json=order, catch_response=True) as answer:
            if answer.status_code == 409:
                answer.success()  # sold out: a right answer, which counts like any other

    def any_isbn(self) -> str:
        return random.choice(self.isbns)  # noqa: S311 - it keeps no secret
