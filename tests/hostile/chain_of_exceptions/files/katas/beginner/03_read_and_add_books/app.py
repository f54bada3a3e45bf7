"""Whoever follows the causes does not come to an end."""

from fastapi import FastAPI


app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> None:
    first = last = ValueError("first")
    for number in range(500_000):
        following = ValueError(str(number))
        following.__cause__ = last
        last = following
    first.__cause__ = last  # a ring
    group: BaseException = last
    for _ in range(900):
        group = ExceptionGroup("many", [group])
    raise group
