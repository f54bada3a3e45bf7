"""Events of a run that shares its process with code that nobody trusts.

Whoever writes into the pipe may write anything. What gets through here has the shape of an event
and a limited size, so that nothing behind it can stumble; whether it is true is another matter.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import Any

from checker.harness.exchanges import Exchange
from checker.verdict import OUTCOMES, Failure

MOST_LINE_BYTES = 4 << 20
MOST_BYTES = 32 << 20
_MOST_TEXT = 20_000
_MOST_EXCHANGES = 200


def sift(line: bytes) -> dict[str, Any] | None:
    """Read one event.

    Returns:
        The event, rebuilt from what it must hold; None when it is none.
    """
    try:
        data = json.loads(line)
        return _rebuild(data)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _rebuild(data: Any) -> dict[str, Any] | None:
    match data["event"]:
        case "collected":
            tests = [
                {
                    "id": _text(test["id"]),
                    "sentence": _text(test["sentence"]),
                    "guard": test["guard"] is True,
                    "line": int(test["line"]),
                }
                for test in data["tests"]
            ]
            return {"event": "collected", "tests": tests, "seed": _text(data["seed"])}
        case "started":
            return {"event": "started", "id": _text(data["id"])}
        case "finished":
            seconds = float(data["seconds"])
            if data["outcome"] not in OUTCOMES or not math.isfinite(seconds):
                return None
            return {
                "event": "finished",
                "id": _text(data["id"]),
                "outcome": data["outcome"],
                "seconds": seconds,
                "failure": _failure(data["failure"]),
                "exchanges": _exchanges(data["exchanges"]),
                "output": _text(data["output"]),
            }
        case "warning" | "uncollected" | "left" | "tripped" as kind:
            field = "message" if kind == "uncollected" else "text"
            return {"event": kind, field: _text(data[field])}
        case "unavailable":
            words = {name: _text(data[name]) for name in ("message", "advice")}
            return {"event": "unavailable", **words}
        case "ended":
            return {"event": "ended"}
    return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    # A lone surrogate could not be written to any file.
    return value[:_MOST_TEXT].encode(errors="replace").decode()


def _failure(data: Any) -> dict[str, Any] | None:
    if data is None:
        return None
    words: dict[str, Any] = {k: int(v) if isinstance(v, int) else _text(v) for k, v in data.items()}
    for name, default in vars(Failure("")).items():
        if type(words.get(name, default)) is not type(default):
            raise TypeError
    return vars(Failure(**words))


def _exchanges(data: Any) -> list[dict[str, Any]]:
    if not isinstance(data, list):
        raise TypeError
    return [exchange.data() for exchange in _reader().validate_python(data[:_MOST_EXCHANGES])]


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(list[Exchange])
