"""List every kata with its state and the file to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import progress
from checker.catalog import LEVELS
from checker.commands.shared import json_argument, open_desk, report_damaged
from checker.katafile import SERVICES
from checker.views.progress import list_lines, progress_data
from checker.views.style import style_for

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("level", nargs="?", choices=LEVELS, help="only this level")
    for option, choices, what in (
        ("--state", progress.STATES, "in this state"),
        ("--service", SERVICES, "that need this service"),
    ):
        shown = ", ".join(choices)
        name = option[2:].upper()
        parser.add_argument(
            option, choices=choices, metavar=name, help=f"only katas {what}: {shown}"
        )
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    desk = open_desk()
    chosen = [
        state
        for state in desk.states
        if (not args.level or state.kata.level == args.level)
        and (not args.state or state.state == args.state)
        and (not args.service or args.service in state.kata.file.services)
    ]
    if args.json:
        import json

        print(json.dumps({"schema": 1, "katas": [progress_data(s) for s in chosen]}, indent=2))
    elif chosen:
        print("\n".join(list_lines(chosen, style_for())))
    else:
        print("No kata fits. `checker list` without filters shows all.")
    report_damaged(desk)
    return 0
