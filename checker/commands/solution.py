"""Show the reference solution and its notes: once a kata is solved, or after a plain yes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker import journal, pristine
from checker.commands.shared import Desk, kata_argument, open_desk, remember
from checker.errors import CheckerError
from checker.files import files_below, names_file
from checker.views.pages import show_markdown, show_source
from checker.views.style import style_for
from checker.workspace import edit_names, title_of

if TYPE_CHECKING:
    import argparse

    from checker.catalog import Kata


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    parser.add_argument("--yes", action="store_true", help="show it though the kata is not solved")
    parser.add_argument("--notes", action="store_true", help="show only the notes")


def run(args: argparse.Namespace) -> int:
    """Show the solution."""
    desk = open_desk()
    kata = desk.choose(args.kata)
    if not (args.yes or desk.state(kata).solved_time or _said_yes(kata)):
        return 1
    files = _solution_files(desk, kata)
    style = style_for()
    if not args.notes:
        for name, data in files.items():
            if names_file(edit_names(kata), name):
                print(style.paint(f"── {name} " + "─" * max(0, 60 - len(name)), "bold"))
                show_source(data.decode(errors="replace").rstrip(), name)
                print()
    notes = files.get("NOTES.md")
    if notes:
        show_markdown(notes.decode(errors="replace"))
    folder = desk.workspace.root / "solutions" / kata.name
    if folder.is_dir():
        print(f"\nIt lies in {folder}, with other right answers in `variants` and")
        print("common wrong ones in `traps`.")
    remember(desk.workspace, journal.Entry(journal.now(), kata.name, "solution"))
    return 0


def _said_yes(kata: Kata) -> bool:
    name = f"{kata.level}/{kata.number}"
    print(f"{title_of(kata)} is not solved yet. `checker hint {name}` helps with less.")
    if not sys.stdin.isatty():
        print(f"To see the solution all the same: checker solution {name} --yes")
        return False
    return input("Show the solution all the same? [y/N] ").strip().lower() in ("y", "yes")


def _solution_files(desk: Desk, kata: Kata) -> dict[str, bytes]:
    """The solution's files: from the workspace when it has them, else packed ones."""
    folder = desk.workspace.root / "solutions" / kata.name
    if folder.is_dir():
        files = {name: path.read_bytes() for name, path in files_below(folder).items()}
    else:
        files = pristine.packed_files(f"solutions/{kata.name}")
    if not files:
        raise CheckerError(f"There is no solution for {kata.name}.")
    return files
