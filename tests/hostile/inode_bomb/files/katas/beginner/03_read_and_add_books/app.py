"""Bounded on purpose: 100000 files, 20 seconds."""

import os
import tempfile
import time

from fastapi import FastAPI

until = time.monotonic() + 20
for place in (os.path.dirname(__file__), tempfile.gettempdir()):
    folder = os.path.join(place, "hostile-left-inodes")
    try:
        os.makedirs(folder, exist_ok=True)
        for number in range(50_000):
            os.close(os.open(f"{folder}/{number}", os.O_CREAT | os.O_WRONLY))
            if time.monotonic() > until:
                break
    except OSError:
        continue


app = FastAPI(title="Bookshop")
