"""The error is worse than the mistake."""

from fastapi import FastAPI


app = FastAPI(title="Bookshop")


class LargeError(Exception):
    def __str__(self) -> str:
        return "solved\n" * 20_000_000


class EndlessError(Exception):
    def __str__(self) -> str:
        while True:
            pass

    __repr__ = __str__


@app.get("/books")
def list_books() -> None:
    raise LargeError


@app.post("/books")
def add_book() -> None:
    raise EndlessError
