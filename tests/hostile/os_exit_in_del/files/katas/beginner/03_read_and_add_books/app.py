"""Ends the process when an object is collected."""

import gc
import os
import weakref

from fastapi import FastAPI


class Shelf:
    def __del__(self) -> None:
        os._exit(0)


app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> list[dict]:
    return []


@app.post("/books")
def add_book() -> None:
    shelf = Shelf()
    shelf.itself = shelf  # a ring, which the collector ends
    weakref.finalize(shelf, print, "collected")
    del shelf
    gc.collect()
