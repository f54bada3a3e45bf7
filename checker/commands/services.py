"""Show, start or stop the services that suites use: PostgreSQL, Redis and MongoDB.

A suite starts what it needs by itself, and the last run stops it; nothing has to be started by
hand. `checker services start` keeps the servers up until `checker services stop`.
DATABASE_URL, REDIS_URL and MONGODB_URL in the environment win over the servers of the workspace.
RabbitMQ is played in memory unless RABBITMQ_URL names a server.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from checker.commands.shared import json_argument
from checker.errors import CheckerError
from checker.services.marks import keep
from checker.services.overview import State, state_of
from checker.services.pool import NAMED, VARIABLES
from checker.views.failure import wrap
from checker.views.style import Style, style_for
from checker.workspace import find_workspace

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

ACTIONS = ("status", "start", "stop")
EVERY = {**VARIABLES, **NAMED}
STOP_SECONDS = 10.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="[status|start|stop] [SERVICE]",
        help=f"what to do (default: status), and with which of {', '.join(EVERY)} (default: all)",
    )
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Do it, and show how the services stand then; exit code 1 when one cannot be had."""
    private = find_workspace().private
    action, chosen = _read(args.words)
    for service in chosen:
        if action == "start":
            _start(service, private)
        elif action == "stop":
            _stop(service, private)
    states = [state_of(service, private) for service in chosen]
    if args.json:
        import json

        print(json.dumps({"schema": 1, "services": [vars(s) for s in states]}, indent=2))
    else:
        style = style_for()
        print("\n".join(line for state in states for line in _lines(state, style)))
    return 1 if any(state.problem for state in states) else 0


def _read(words: list[str]) -> tuple[str, list[str]]:
    """What to do, and with which services.

    Raises:
        CheckerError: a word is neither.
    """
    action, names = (words[0], words[1:]) if words and words[0] in ACTIONS else ("status", words)
    for name in names:
        if name not in EVERY:
            known = ", ".join(EVERY)
            raise CheckerError(f"There is no service {name!r} here. There are {known}.")
    return action, names or list(EVERY)


def _start(service: str, private: Path) -> None:
    """Start a server and have it stay; one that the environment names is not ours to start.

    Raises:
        ServiceUnavailable: it cannot be started; says why.
    """
    from checker.services.embedded import Embedded

    if state_of(service, private).source != "embedded":
        return
    server = Embedded(service, private)
    keep(server.control, up=True)
    server.close()


def _stop(service: str, private: Path) -> None:
    """Let a server go; it stops when nobody uses it any more."""
    from checker.services.places import place_for

    state = state_of(service, private)
    if state.source != "embedded" or state.problem:
        return
    keep(place_for(service, private).control, up=False)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        state = state_of(service, private)
        if not state.running or state.users:
            return
        time.sleep(0.05)


def _lines(state: State, style: Style) -> list[str]:
    title = style.paint(state.title, "bold")
    if state.problem:
        lines = [f"{title}: cannot be had", *wrap(f"  {state.problem}", style.width)]
        return lines + (wrap(f"  {state.advice}", style.width) if state.advice else [])
    if state.source == "environment":
        return [f"{title}: {EVERY[state.service]} names {state.where}, and it answers"]
    if state.source == "memory":
        return [f"{title}: played in memory, unless {NAMED[state.service]} names a server"]
    if state.source == "fake":
        words = "each run starts one of its own (fakeredis): there is no server for this system"
        return wrap(f"{title}: {words}", style.width)
    name = f"{title} {state.version}"
    if not state.running:
        words = "not running; it starts by itself when a suite needs it"
        return wrap(f"{name}: {words}", style.width, "  ")
    why = "stays up until `checker services stop`" if state.kept else "stops with its last user"
    used = "1 process uses it" if state.users == 1 else f"{state.users} processes use it"
    return [
        f"{name}: running at {state.where}",
        f"  {used if state.users else 'nobody uses it'}; {why}",
    ]
