"""Bounded on purpose: 6 GB, kept for ten seconds."""

import mmap
import time

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

held = []
for _ in range(6 * 16):
    part = mmap.mmap(-1, 64 << 20)
    for page in range(0, 64 << 20, mmap.PAGESIZE):
        part[page] = 1
    held.append(part)
time.sleep(10)
held.clear()
