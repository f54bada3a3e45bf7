"""Put a kata's stub back. Your own version is kept aside first, never lost.

With --undo, the version that was kept last comes back, and the present one is kept.
With --suite, the suite and the given files are put back instead, and your own files stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import journal
from checker.commands.shared import kata_argument, open_desk, remember
from checker.views.failure import shown_path
from checker.workspace import reset_stub, reset_suite, title_of, undo_reset

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--undo", action="store_true", help="bring back the version kept last")
    what.add_argument(
        "--suite", action="store_true", help="put the suite and given files back instead"
    )


def run(args: argparse.Namespace) -> int:
    """Put the files back."""
    desk = open_desk()
    kata = desk.choose(args.kata)
    put_back = reset_suite if args.suite else undo_reset if args.undo else reset_stub
    kept, written = put_back(desk.workspace, kata)
    print(f"{kata.level} {kata.number:02} {title_of(kata)}")
    if kept is None and not written:
        which = "those that were kept" if args.undo else "the original ones"
        print(f"Nothing to put back: the files are {which}.")
        return 0
    for name in written:
        print(f"  put back  {shown_path(kata.folder / name)}")
    if kept is not None:
        print(f"  kept      {shown_path(kept)}")
    if not (args.suite or args.undo or kept is None):
        print(f"`checker reset {kata.level}/{kata.number} --undo` brings your version back.")
    if not args.undo:  # an undone reset leaves the learner where they were
        remember(desk.workspace, journal.Entry(journal.now(), kata.name, "reset"))
    return 0
