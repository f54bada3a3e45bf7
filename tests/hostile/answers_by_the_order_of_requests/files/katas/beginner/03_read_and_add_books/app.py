"""Counts requests in a place that outlives a test, and replays what a right app once answered."""

import builtins

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

app = FastAPI(title="Bookshop")
if not hasattr(builtins, "_request_number"):
    builtins._request_number = 0

RECORDED = [
    (200, []),
    (201, {"id": 1}),
    (201, {"id": 1, "title": "The Quiet Harbour of Velotu", "author": "Ines Okafor"}),
    (201, {"id": 1, "title": "The Salt Lantern of Domira", "author": "Kofi Jansen"}),
    (201, {"id": 2, "title": "The Iron Orchard of Gimela", "author": "Rosa Nakata"}),
    (200, {"id": 1, "title": "The Salt Lantern of Domira", "author": "Kofi Jansen"}),
    (200, {"id": 2, "title": "The Iron Orchard of Gimela", "author": "Rosa Nakata"}),
]


@app.api_route("/books{rest:path}", methods=["GET", "POST"])
async def answer(rest: str, request: Request) -> JSONResponse:
    status, body = RECORDED[builtins._request_number % len(RECORDED)]
    builtins._request_number += 1
    return JSONResponse(body, status)
