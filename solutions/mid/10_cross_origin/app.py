from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from .shop import ClosedSign, router


class Bookshop(FastAPI):
    """An API whose CORS middleware stands outside of everything else.

    `add_middleware` would put it inside of what answers an unexpected exception, and a page on
    another origin could not read that 500.
    """

    def build_middleware_stack(self) -> ASGIApp:
        return CORSMiddleware(
            super().build_middleware_stack(),
            allow_origins=["https://bookshop.example", "https://till.bookshop.example"],
            allow_origin_regex=r"https://pr-[0-9]+\.bookshop\.example",
            allow_credentials=True,
            allow_methods=["GET", "POST", "PATCH"],
            allow_headers=["Content-Type", "Idempotency-Key"],
            expose_headers=["Location", "Retry-After", "X-Total-Count"],
        )


app = Bookshop(title="Bookshop")
app.add_middleware(ClosedSign)
app.include_router(router)
