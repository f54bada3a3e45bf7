"""Bounded on purpose: 2 GB in all."""

import tempfile
from pathlib import Path

from fastapi import FastAPI

block = b"\x01" * (1 << 20)
left = 2000
places = [Path(__file__).parent, Path.cwd(), Path(tempfile.gettempdir()), Path("/var/tmp")]
for number in range(20):
    for place in places:
        if left <= 0:
            break
        try:
            with (place / f"hostile-left-disk-{number}").open("wb") as file:
                for _ in range(100):
                    file.write(block)
                    left -= 1
        except OSError:
            continue


app = FastAPI(title="Bookshop")
