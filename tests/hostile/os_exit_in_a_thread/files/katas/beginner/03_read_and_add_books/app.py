"""A thread ends the process once something was answered."""

import builtins
import os
import threading
import time

from fastapi import FastAPI

app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> list[dict]:
    builtins._answered = True
    return []


def watch() -> None:
    while not hasattr(builtins, "_answered"):
        time.sleep(0.001)
    time.sleep(0.02)
    os._exit(0)


threading.Thread(target=watch, daemon=True).start()
