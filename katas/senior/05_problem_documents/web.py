"""What all the APIs of the shop share: the staff's key, caching, and what is wrong in a request.

Given: use it, do not edit it.
"""

from secrets import compare_digest
from typing import Annotated, Any

from fastapi import Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError

staff_key = "please-change-me"
realm = "bookshop"


def staff_only(authorization: Annotated[str | None, Header()] = None) -> None:
    """Let nobody in but the staff. A dependency.

    Raises:
        HTTPException: 401, with a header that says what to send.
    """
    scheme, _, key = (authorization or "").partition(" ")
    challenge = f'Bearer realm="{realm}"'
    if scheme.lower() != "bearer":
        raise HTTPException(401, "Show the staff's key.", {"WWW-Authenticate": challenge})
    if not compare_digest(key.encode(), staff_key.encode()):
        challenge += ', error="invalid_token"'
        raise HTTPException(401, "This is not the staff's key.", {"WWW-Authenticate": challenge})


def stop_if_known(request: Request, etag: str) -> None:
    """Answer with no more than 304 when the client has this version already.

    Raises:
        HTTPException: 304, with the `ETag`.
    """
    known = request.headers.get("If-None-Match", "").split(",")
    if etag in {tag.strip() for tag in known}:
        raise HTTPException(304, headers={"ETag": etag})


def errors_of(exc: RequestValidationError) -> list[dict[str, str]]:
    """What is wrong in a request, as beginner/10 tells it to clients: no input is repeated.

    Returns:
        An object an error: `location`, `pointer` or `name`, and `detail`.
    """
    if isinstance(exc.body, bytes):
        errors = [error for error in exc.errors() if error["loc"][0] != "body"]
        advice = "Send JSON, with the header Content-Type: application/json."
        return [*map(_describe, errors), {"location": "body", "pointer": "", "detail": advice}]
    return [_describe(error) for error in exc.errors()]


def _describe(error: dict[str, Any]) -> dict[str, str]:
    location, *way = error["loc"]
    if location != "body":
        return {"location": location, "name": str(way[0]), "detail": error["msg"]}
    if error["type"] == "json_invalid":
        detail = f"The body is not valid JSON, at character {way[0]}."
        return {"location": "body", "pointer": "", "detail": detail}
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in way]
    pointer = "".join(f"/{part}" for part in parts)
    return {"location": "body", "pointer": pointer, "detail": error["msg"]}
