"""Stay with a kata: a verdict at each save, and keys for the rest. It never moves on by itself.

Keys: h hint, r run again, f full output, k the kata's page, o open in the editor, n next,
p previous, x reset, q quit; arrows and space scroll. Without a terminal it prints each verdict.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from checker import journal
from checker.commands.shared import kata_argument, open_desk, remember
from checker.editor import open_kata
from checker.views.progress import pick_next

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    parser.add_argument(
        "--problems", action="store_true", help="print lines, with one a failure, for editors"
    )
    parser.add_argument("--lines", action="store_true", help="print lines, without a live view")


def run(args: argparse.Namespace) -> int:
    """Watch until quit."""
    from checker.watch.session import watch_in_lines, watch_on_screen

    desk = open_desk()
    suggested = pick_next(desk.states, desk.current())
    kata = desk.choose(args.kata) if args.kata or suggested is None else suggested.kata
    remember(desk.workspace, journal.Entry(journal.now(), kata.name, "open"))
    live = not (args.lines or args.problems) and sys.stdin.isatty() and sys.stdout.isatty()
    with contextlib.suppress(KeyboardInterrupt):
        if live:
            first = not desk.entries
            if first and os.environ.get("TERM_PROGRAM") == "vscode":
                open_kata(kata)
            watch_on_screen(desk, kata, welcome=first)
        else:
            watch_in_lines(desk, kata, problems=args.problems)
    return 0
