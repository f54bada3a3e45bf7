"""The print desk's old service: plain WSGI, everything by hand. Given: read it, do not edit it.

It has served the shop for years. Nobody has dared to send it anything unusual.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from . import warehouse

CENTS_PER_PAGE = 2
COVER_CENTS = {"soft": 120, "hard": 480}
COPIES_PER_BOX = 12


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request (PEP 3333): a blocking call, one thread for each request."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if (method, path) == ("GET", "/health"):
        status, answer = "200 OK", health()
    elif (method, path) == ("GET", "/quote"):
        status, answer = "200 OK", quote(parse_qs(environ["QUERY_STRING"]))
    elif method == "GET" and path.startswith("/stock/"):
        status, answer = "200 OK", stock(path.removeprefix("/stock/"))
    elif (method, path) == ("POST", "/orders"):
        length = int(environ["CONTENT_LENGTH"])
        status, answer = "201 Created", order(json.loads(environ["wsgi.input"].read(length)))
    else:
        status, answer = "404 Not Found", {"detail": "Not Found"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def health() -> dict[str, Any]:
    """Say that the service is up."""
    return {"status": "ok"}


def quote(query: dict[str, list[str]]) -> dict[str, Any]:
    """Say what printing costs; a missing cover is a soft one, and missing copies are one."""
    pages = int(query["pages"][0])
    copies = int(query.get("copies", ["1"])[0])
    cover = query.get("cover", ["soft"])[0]
    total = copies * (pages * CENTS_PER_PAGE + COVER_CENTS[cover])
    return {"pages": pages, "copies": copies, "cover": cover, "total_cents": total}


def stock(isbn: str) -> dict[str, Any]:
    """Ask the warehouse, and wait for it."""
    return {"isbn": isbn, "copies": warehouse.count_copies(isbn)}


def order(data: dict[str, Any]) -> dict[str, Any]:
    """Take an order; full and begun boxes are counted alike."""
    copies = int(data["copies"])
    boxes = -(-copies // COPIES_PER_BOX)
    return {"isbn": data["isbn"], "copies": copies, "boxes": boxes}
