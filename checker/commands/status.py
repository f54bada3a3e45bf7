"""Show where you stand: a bar for each level, and what to do next. Nothing is run for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import progress
from checker.commands.shared import json_argument, open_desk, report_damaged
from checker.views.progress import status_data, status_lines
from checker.views.style import style_for

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Print the status."""
    desk = open_desk()
    current = progress.last_worked(desk.states)
    if args.json:
        import json

        print(json.dumps(status_data(desk.states, current), indent=2))
    else:
        print("\n".join(status_lines(desk.states, current, style_for())))
    report_damaged(desk)
    return 0
