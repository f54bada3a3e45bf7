"""The bookshop's API, which pages on other origins cannot use yet."""

from fastapi import FastAPI

from .shop import ClosedSign, router

app = FastAPI(title="Bookshop")
app.add_middleware(ClosedSign)
app.include_router(router)

# Build here what tells browsers which pages may use this API:
#   the pages   on https://bookshop.example and https://till.bookshop.example, and the previews
#   to send     the cookie, GET, POST and PATCH, Content-Type and Idempotency-Key: not more
#   to read     every answer, with Location, Retry-After and X-Total-Count
#   errors too  the 401 of a handler, the 503 of ClosedSign, the 500 of a crash
#   others      a page on any other origin may read nothing
