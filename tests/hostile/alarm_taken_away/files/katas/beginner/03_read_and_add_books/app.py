"""Takes the limit of time away before it is needed."""

import ctypes
import signal
import threading
import time

from fastapi import FastAPI

signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal = signal.setitimer = signal.alarm = lambda *_: None
ctypes.pythonapi = None
threading.Timer = None


app = FastAPI(title="Bookshop")


@app.get("/books")
async def list_books() -> list[dict]:
    time.sleep(600)
    return []
