"""Leaves the methods at their default, which is GET alone.

Fails: test_a_preflight_allows_what_pages_need
"""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from .shop import ClosedSign, router


class Bookshop(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        return CORSMiddleware(
            super().build_middleware_stack(),
            allow_origins=["https://bookshop.example", "https://till.bookshop.example"],
            allow_origin_regex=r"https://pr-[0-9]+\.bookshop\.example",
            allow_credentials=True,
            allow_headers=["Content-Type", "Idempotency-Key"],
            expose_headers=["Location", "Retry-After", "X-Total-Count"],
        )


app = Bookshop(title="Bookshop")
app.add_middleware(ClosedSign)
app.include_router(router)
