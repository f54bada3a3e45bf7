"""Adds the middleware as usual, and gives the 500 its headers in a handler for Exception."""

import re

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse

from .shop import ClosedSign, router

ORIGINS = ["https://bookshop.example", "https://till.bookshop.example"]
PREVIEWS = r"https://pr-\d+\.bookshop\.example"

app = FastAPI(title="Bookshop")
app.include_router(router)
app.add_middleware(ClosedSign)
app.add_middleware(
    CORSMiddleware,
    allow_origins=ORIGINS,
    allow_origin_regex=PREVIEWS,
    allow_credentials=True,
    allow_methods=["GET", "POST", "PATCH"],
    allow_headers=["Idempotency-Key"],
    expose_headers=["X-Total-Count", "Location", "Retry-After"],
)


@app.exception_handler(Exception)
def answer_a_crash(request: Request, error: Exception) -> Response:
    answer = PlainTextResponse("Sorry, that is our fault.", 500, {"Vary": "Origin"})
    origin = request.headers.get("origin", "")
    if origin in ORIGINS or re.fullmatch(PREVIEWS, origin):
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Allow-Credentials"] = "true"
    return answer
