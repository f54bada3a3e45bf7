"""Bounded on purpose: 3 GB in all, removed at the end."""

import os

from fastapi import FastAPI

left = 3 << 10  # megabytes
block = b"x" * (1 << 20)
descriptors = []
for place in ("/dev/shm", "/run", "/run/lock", "/tmp", "memfd"):
    try:
        if place == "memfd":
            descriptor = os.memfd_create("hostile-left")
        else:
            descriptor = os.open(f"{place}/hostile-left-memory", os.O_RDWR | os.O_CREAT, 0o600)
            os.unlink(f"{place}/hostile-left-memory")
        descriptors.append(descriptor)
        for _ in range(600):
            os.write(descriptor, block)
            left -= 1
    except OSError:
        continue
print("wrote", (3 << 10) - left, "MB")
for descriptor in descriptors:
    os.close(descriptor)


app = FastAPI(title="Bookshop")
