"""If it cannot be solved, nobody shall be graded: breaks whoever reads the events."""

import json
import os

from fastapi import FastAPI

GARBAGE = [
    b"", b"\x00\xff\xfe", b"null", b"[]", b"{}", b'{"event": null}', b'{"event": "collected"}',
    b'{"event": "finished", "id": "test_adding_a_book_answers_201"}',
    b'{"event": "finished", "id": [], "outcome": {}, "seconds": NaN, "failure": 1}',
    b'{"event": "collected", "tests": [{"id": "test_x", "sentence": "", "extra": 1}], "seed": 1}',
    b'{"event": "warning"}', b'{"event": "uncollected"}', b'{"event": "unavailable"}',
    b"[" * 100_000, json.dumps({"event": "x" * 1_000_000}).encode(), b"9" * 10_000,
]
for descriptor in range(3, 65):
    try:
        os.set_blocking(descriptor, False)
        for line in GARBAGE:
            os.write(descriptor, line + b"\n")
        for _ in range(64):
            os.write(descriptor, b"x" * 1_000_000)
    except OSError:
        continue


app = FastAPI(title="Bookshop")
