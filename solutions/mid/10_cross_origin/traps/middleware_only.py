"""Adds the middleware as everybody does: the answer to a crash is made outside of it.

Fails: test_pages_may_read_that_the_api_crashed
"""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

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
