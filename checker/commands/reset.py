"""Put a kata's stub back. Your own version is kept aside first, never lost.

With --suite, the suite and the given files are put back instead, and your own files stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import journal
from checker.commands.shared import kata_argument, open_desk, remember
from checker.views.failure import shown_path
from checker.workspace import reset_stub, reset_suite, title_of

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    parser.add_argument(
        "--suite", action="store_true", help="put the suite and given files back instead"
    )


def run(args: argparse.Namespace) -> int:
    """Put the files back."""
    desk = open_desk()
    kata = desk.choose(args.kata)
    put_back = reset_suite if args.suite else reset_stub
    kept, written = put_back(desk.workspace, kata)
    print(f"{kata.level} {kata.number:02} {title_of(kata)}")
    if kept is None and not written:
        print("Nothing to put back: the files are the original ones.")
        return 0
    for name in written:
        print(f"  put back  {shown_path(kata.folder / name)}")
    if kept is not None:
        print(f"  kept      {shown_path(kept)}")
    remember(desk.workspace, journal.Entry(journal.now(), kata.name, "reset"))
    return 0
