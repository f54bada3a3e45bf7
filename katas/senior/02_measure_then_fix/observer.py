"""Watches a run of Locust for the suite. Given: you need not read it.

Locust loads it beside `locustfile.py`. It writes down each request and each wait, makes time go by
faster while customers wait, and ends the run after so many requests.
"""

import json
import os
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import events
from locust.user.task import TaskSet

REPORT = Path(os.environ["KATA_REPORT"])
REQUESTS = int(os.environ["KATA_REQUESTS"])
FASTER = 1_000

requests: list[dict[str, Any]] = []
waits: list[float] = []
errors: list[str] = []
runners: list[Any] = []


def wait_less(_tasks: TaskSet, seconds: float) -> None:
    """Write down how long a customer waits, and wait for a small part of it."""
    waits.append(seconds)
    gevent.sleep(seconds / FASTER)


TaskSet._sleep = wait_less  # type: ignore[method-assign]


def begin(runner: Any, **_: Any) -> None:
    """Keep the runner, which is ended later."""
    runners.append(runner)


def take_down(
    request_type: str,
    name: str,
    url: str = "",
    response: Any = None,
    exception: BaseException | None = None,
    **_: Any,
) -> None:
    """Write down one request, as Locust counts it."""
    if len(requests) >= REQUESTS:
        return
    requests.append(
        {
            "method": request_type,
            "path": "/" + url.partition("://")[2].partition("/")[2],
            "row": name,
            "status": getattr(response, "status_code", 0),
            "planted": (getattr(response, "headers", None) or {}).get("x-planted", ""),
            "error": "" if exception is None else str(exception) or type(exception).__name__,
        }
    )
    if len(requests) == REQUESTS:
        for runner in runners:
            gevent.spawn(runner.quit)  # not from here: it ends this customer, too


def take_down_error(exception: BaseException, **_: Any) -> None:
    """Write down what the locustfile has raised."""
    errors.append(f"{type(exception).__name__}: {exception}")


def report(**_: Any) -> None:
    """Hand everything to the suite."""
    seen = {"requests": requests, "waits": waits, "errors": errors}
    REPORT.write_text(json.dumps(seen), encoding="utf-8")


hooks: Any = events
hooks.init.add_listener(begin)
hooks.request.add_listener(take_down)
hooks.user_error.add_listener(take_down_error)
hooks.quitting.add_listener(report)
