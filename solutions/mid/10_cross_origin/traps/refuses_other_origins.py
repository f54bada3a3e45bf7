"""Takes CORS for a guard at the door, and answers other origins with 403.

Fails: test_other_origins_may_read_nothing
"""

import logging
import re
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from .shop import ClosedSign, router

FRONTS = re.compile(r"https://((till|pr-\d+)\.)?bookshop\.example")
METHODS = {"GET", "POST", "PATCH"}
HEADERS = {"content-type", "idempotency-key"}

app = FastAPI(title="Bookshop")
app.include_router(router)
app.add_middleware(ClosedSign)


@app.middleware("http")
async def cross_origin(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    origin = request.headers.get("origin")
    wanted = request.headers.get("access-control-request-method")
    if origin and not FRONTS.fullmatch(origin):
        answer = Response("This origin is not allowed.", 403)
    elif request.method == "OPTIONS" and origin and wanted:
        answer = answer_preflight(request, wanted)
    else:
        try:
            answer = await call_next(request)
        except Exception:
            logging.getLogger(__name__).exception("%s failed", request.url.path)
            answer = Response("Something went wrong.", 500)
    answer.headers.add_vary_header("Origin")
    if origin and FRONTS.fullmatch(origin):
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Allow-Credentials"] = "true"
        exposed = {"location", "retry-after", "x-total-count"} & set(answer.headers)
        if exposed:
            answer.headers["Access-Control-Expose-Headers"] = ",".join(exposed)
    return answer


def answer_preflight(request: Request, method: str) -> Response:
    asked = request.headers.get("access-control-request-headers", "").split(",")
    if method not in METHODS or {name.strip().lower() for name in asked} - HEADERS - {""}:
        return Response(status_code=403)
    allowed = {
        "Access-Control-Allow-Methods": ", ".join(METHODS),
        "Access-Control-Allow-Headers": ", ".join(HEADERS),
    }
    return Response(status_code=204, headers=allowed)
