"""A journey, in which each customer does the ten things in an order of their own."""

import random
from itertools import cycle

from locust import HttpUser, TaskSet, constant_pacing, task


class Visit(TaskSet):
    isbns: list[str]

    def on_start(self) -> None:
        self.isbns = [book["isbn"] for book in self.client.get("/books", name="list").json()]
        self.wishes = cycle(random.sample(self.isbns, len(self.isbns)))
        todo = [self.look] * 3 + [self.open_page] * 6 + [self.order]
        self.steps = cycle(random.sample(todo, len(todo)))

    def wait_time(self) -> float:
        return random.triangular(1, 3)  # noqa: S311 - no secret

    @task
    def step(self) -> None:
        next(self.steps)()

    def look(self) -> None:
        with self.client.get("/books", name="list", catch_response=True) as answer:
            if not answer.ok:
                answer.failure(f"status {answer.status_code}")

    def open_page(self) -> None:
        isbn = next(self.wishes)
        with (
            self.client.rename_request("page"),
            self.client.get(f"/books/{isbn}", catch_response=True) as answer,
        ):
            if isbn not in answer.text:
                answer.failure("not this book")

    def order(self) -> None:
        new = {"isbn": next(self.wishes), "copies": 1}
        with self.client.post("/orders", json=new, catch_response=True) as answer:
            if answer.status_code == 409:
                answer.success()


class Customer(HttpUser):
    wait_time = constant_pacing(2)
    tasks = [Visit]  # noqa: RUF012 - so Locust wants it
