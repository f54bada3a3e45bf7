"""The faster client; one task that draws what to do."""

import random
from typing import Any

from locust import FastHttpUser, between, task


class Customer(FastHttpUser):
    wait_time = between(1, 2.5)
    isbns: list[str]

    def on_start(self) -> None:
        answer: Any = self.client.get("/books")
        self.isbns = sorted(book["isbn"] for book in answer.json())

    @task
    def do_something(self) -> None:
        things = (self.look, self.open, self.buy)
        random.choices(things, (30, 60, 10))[0]()  # noqa: S311 - no secret

    def look(self) -> None:
        self.client.get("/books")

    def open(self) -> None:
        isbn = random.choice(self.isbns)  # noqa: S311 - no secret
        with self.client.get(f"/books/{isbn}", name="a page", catch_response=True) as answer:
            body: Any = answer.json() if answer.status_code == 200 else {}
            if body.get("isbn") == isbn:
                answer.success()
            else:
                answer.failure(f"{answer.status_code}, or another book")

    def buy(self) -> None:
        body = {"isbn": random.choice(self.isbns), "copies": 1}  # noqa: S311 - no secret
        with self.client.post("/orders", json=body, catch_response=True) as answer:
            if answer.status_code in (201, 409):
                answer.success()
            else:
                answer.failure(f"the status {answer.status_code}")
