"""Open a kata in the editor: its page and the file to edit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker import journal
from checker.commands.shared import kata_argument, open_desk, remember
from checker.editor import open_kata
from checker.views.progress import what_to_do
from checker.workspace import title_of

if TYPE_CHECKING:
    import argparse

    from checker.catalog import Kata
    from checker.workspace import Workspace


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Open the kata."""
    desk = open_desk()
    show_and_open(desk.workspace, desk.choose(args.kata))
    return 0


def show_and_open(workspace: Workspace, kata: Kata) -> None:
    """Print a kata's paths, remember that it is at work, and open its files."""
    print(f"{kata.level} {kata.number:02} {title_of(kata)}")
    print("\n".join(what_to_do(kata)), flush=True)
    remember(workspace, journal.Entry(journal.now(), kata.name, "open"))
    problem = open_kata(kata)
    if problem:
        print(problem, file=sys.stderr)
