"""Bounded on purpose: 2 GB."""

import os

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

block = b"solved " * (1 << 17)
for _ in range(1100):
    for descriptor in (1, 2):
        try:
            os.write(descriptor, block)
        except OSError:
            break
