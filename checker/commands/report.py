"""Write progress for a mentor, as Markdown or JSON. Nothing is run for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from checker import journal, progress
from checker.commands.shared import open_desk, report_damaged
from checker.errors import CheckerError
from checker.files import write_whole
from checker.views.markdown import report_markdown
from checker.views.progress import status_data

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--format", choices=("markdown", "json"), default="markdown")
    parser.add_argument("--name", default="", help="whose report it is")
    parser.add_argument("--output", metavar="FILE", help="write to a file instead")


def run(args: argparse.Namespace) -> int:
    """Write the report."""
    desk = open_desk()
    time = journal.now()
    if args.format == "json":
        data = {
            **status_data(desk.states, progress.last_worked(desk.states)),
            "name": args.name,
            "time": time,
        }
        text = json.dumps(data, indent=2, ensure_ascii=False)
    else:
        text = report_markdown(desk.states, args.name, time)
    if args.output:
        try:
            write_whole(Path(args.output), text.encode() + b"\n")
        except OSError as error:
            raise CheckerError(f"{args.output} cannot be written ({error.strerror}).") from error
        print(f"Written to {args.output}.")
    else:
        print(text)
    report_damaged(desk)
    return 0
