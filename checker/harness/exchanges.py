"""What was asked and what came back, recorded for the learner to read."""

from __future__ import annotations

import linecache
import re
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

BODY_LIMIT = 4_000
_SECRET_HEADERS = {"authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"}
_SHOWN_REQUEST_HEADERS = _SECRET_HEADERS | {
    "accept", "accept-language", "content-type", "if-match", "if-none-match", "origin",
    "access-control-request-method", "access-control-request-headers", "x-request-id",
    "accept-encoding", "api-version", "host", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-proto",
}  # fmt: skip
_SHOWN_RESPONSE_HEADERS = _SECRET_HEADERS | {
    "age", "allow", "api-version", "cache-control", "content-encoding", "content-language",
    "content-type", "deprecation", "etag", "link", "location", "retry-after", "sunset",
    "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
    "vary", "www-authenticate", "x-process-time", "x-request-id", "access-control-allow-origin",
    "access-control-allow-credentials", "access-control-allow-headers",
    "access-control-allow-methods", "access-control-expose-headers",
}  # fmt: skip
_SECRET_FIELD = re.compile(
    r'("?(?:password|secret|token|access_token|refresh_token|api_key|card_number)"?\s*[:=]\s*"?)'
    r'([^"&,}\s]{5})[^"&,}\s]+',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A line in one of the learner's files.

    Attributes:
        file: the file's absolute path.
        line: counted from 1.
        function: the function that holds the line; "" at the module's top level.
        text: the line itself, stripped.
    """

    file: str
    line: int
    function: str = ""
    text: str = ""


@dataclass
class Exchange:
    """One request and its answer.

    Attributes:
        method: as ``POST``.
        target: path and query, as ``/books?limit=2``.
        sent: the request's body, shortened; "" when there was none.
        sent_headers: those worth reading, secrets shortened.
        status: the answer's status code; None when none came.
        got: the answer's body, shortened.
        got_headers: those worth reading, secrets shortened.
        handler: the learner's function that the router chose, if any.
        error: what the app raised, as ``KeyError: 'id'``; "" when nothing.
        error_place: the learner's line that raised it.
    """

    method: str
    target: str
    sent: str = ""
    sent_headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    got: str = ""
    got_headers: dict[str, str] = field(default_factory=dict)
    handler: Place | None = None
    error: str = ""
    error_place: Place | None = None

    def data(self) -> dict[str, Any]:
        """The exchange as JSON data."""
        places = {
            name: vars(place) if place else None
            for name, place in (("handler", self.handler), ("error_place", self.error_place))
        }
        return {**vars(self), **places}


def shorten_body(body: bytes) -> str:
    """A body as text for reading: at most ``BODY_LIMIT`` characters, secrets shortened."""
    try:
        text = body[: BODY_LIMIT * 4].decode()
    except UnicodeDecodeError:
        return f"<{len(body)} bytes>"
    if "\x00" in text:
        return f"<{len(body)} bytes>"
    text = _SECRET_FIELD.sub(r"\1\2…", text)
    return text if len(text) <= BODY_LIMIT else text[:BODY_LIMIT] + "…"


def readable_headers(pairs: list[tuple[str, str]], *, sent: bool) -> dict[str, str]:
    """The headers worth showing, secrets shortened; repeated ones joined (RFC 9110, 5.3)."""
    wanted = _SHOWN_REQUEST_HEADERS if sent else _SHOWN_RESPONSE_HEADERS
    shown: dict[str, str] = {}
    for name, value in pairs:
        low = name.lower()
        if low not in wanted or (low == "accept" and value == "*/*"):
            continue
        if low == "content-type" and value.startswith("application/json"):
            continue
        if (low, value) == ("host", "testserver") or (
            low == "accept-encoding" and "deflate" in value
        ):
            continue  # as the client sends them by itself
        value = shorten_secret(value) if low in _SECRET_HEADERS else value[:200]
        shown[low] = f"{shown[low]}, {value}" if low in shown else value
    return shown


def shorten_secret(value: str) -> str:
    """Keep enough of a secret to tell two apart: ``Bearer eyJhbG…``."""
    scheme, _, rest = value.rpartition(" ")
    start = f"{scheme} " if scheme else ""
    return f"{start}{rest[:6]}…" if len(rest) > 10 else f"{start}{rest}"


def place_in_folder(error: BaseException, folder: Path, not_mine: Collection[str]) -> Place | None:
    """The innermost line of the learner's that an error came through.

    Args:
        error: the error, with its traceback.
        folder: the kata's folder.
        not_mine: the suite's and the given files in it, by their names there.

    Returns:
        None when the error came through none of the learner's lines.
    """
    found = None
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if _is_mine(path, folder, not_mine):
            name = "" if frame.name == "<module>" else frame.name
            found = Place(frame.filename, frame.lineno or 0, name, (frame.line or "").strip())
    return found


def place_of_function(function: Any, folder: Path, not_mine: Collection[str]) -> Place | None:
    """Where a function of the learner's stands; None when it is somebody else's."""
    code = getattr(function, "__code__", None)
    if code is None or not _is_mine(Path(code.co_filename), folder, not_mine):
        return None
    line = _line_of_def(code)
    text = linecache.getline(code.co_filename, line).strip()
    return Place(code.co_filename, line, function.__name__, text)


def _is_mine(path: Path, folder: Path, not_mine: Collection[str]) -> bool:
    return path.is_relative_to(folder) and path.relative_to(folder).as_posix() not in not_mine


def _line_of_def(code: Any) -> int:
    """The line of ``def``: co_firstlineno is the first decorator's."""
    line = int(code.co_firstlineno)
    for offset in range(20):
        if re.match(r"\s*(async\s+)?def\s", linecache.getline(code.co_filename, line + offset)):
            return line + offset
    return line
