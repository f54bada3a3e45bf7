"""Show the reference solution, how your work differs from it, and its notes.

It is shown once the kata is solved, or after a plain yes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker import journal, pristine
from checker.commands.shared import Desk, kata_argument, open_desk, remember
from checker.editor import compare_files
from checker.errors import CheckerError
from checker.files import expand, files_below, names_file, write_whole
from checker.views.differences import difference_lines
from checker.views.failure import shown_path
from checker.views.pages import show_markdown, show_source
from checker.views.style import style_for
from checker.workspace import edit_names, is_untouched, learner_digest, title_of

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from checker.catalog import Kata


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    parser.add_argument("--yes", action="store_true", help="show it though the kata is not solved")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--diff", action="store_true", help="show only how your work differs")
    part.add_argument("--notes", action="store_true", help="show only the notes")
    part.add_argument(
        "--open", action="store_true", help="compare your work with it in VS Code, side by side"
    )


def run(args: argparse.Namespace) -> int:
    """Show the solution."""
    desk = open_desk()
    kata = desk.choose(args.kata)
    if not (args.yes or desk.state(kata).solved_time or _said_yes(kata)):
        return 1
    files = _solution_files(desk, kata)
    names = edit_names(kata)
    reference = {name: data for name, data in files.items() if names_file(names, name)}
    if args.open:
        _compare_in_editor(desk, kata, reference)
    else:
        if not (args.notes or args.diff):
            _show_reference(reference)
        if not args.notes:
            _show_differences(kata, reference, alone=args.diff)
        if not args.diff:
            show_markdown(files.get("NOTES.md", b"").decode(errors="replace"))
            _say_where(desk, kata)
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


def _show_reference(reference: dict[str, bytes]) -> None:
    style = style_for()
    for name, data in reference.items():
        print(style.paint(f"── {name} " + "─" * max(0, 60 - len(name)), "bold"))
        show_source(data.decode(errors="replace").rstrip(), name)
        print()


def _show_differences(kata: Kata, reference: dict[str, bytes], *, alone: bool) -> None:
    """Show how the learner's work differs; work that was not begun has nothing to compare."""
    if is_untouched(kata, learner_digest(kata)):
        if alone:
            print("Your files are still the stub: there is nothing to compare yet.")
        return
    mine = {name: path.read_bytes() for name, path in _own_files(kata).items()}
    lines = difference_lines(_texts(mine), _texts(reference), kata.folder, style_for())
    print("\n".join(lines) if lines else "Your files are the same as the reference.")
    print()


def _own_files(kata: Kata) -> dict[str, Path]:
    found = expand(kata.folder, edit_names(kata))
    return {name: path for name, path in found.items() if path.is_file()}


def _texts(files: dict[str, bytes]) -> dict[str, str]:
    return {name: data.decode(errors="replace") for name, data in files.items()}


def _compare_in_editor(desk: Desk, kata: Kata, reference: dict[str, bytes]) -> None:
    """Open each pair of files in the editor's view of differences.

    Raises:
        CheckerError: no editor can show it, or a reference that is packed cannot be laid out.
    """
    mine = _own_files(kata)
    folder = desk.workspace.root / "solutions" / kata.name
    if not folder.is_dir():
        folder = desk.workspace.private / "solutions" / kata.name
        try:
            for name, data in reference.items():
                write_whole(folder / name, data)
        except OSError as error:
            raise CheckerError(f"{folder} cannot be written ({error.strerror}).") from error
    for name in reference:
        if name in mine:
            compare_files(mine[name], folder / name)
        else:
            print(f"Only the reference has {shown_path(folder / name)}")


def _say_where(desk: Desk, kata: Kata) -> None:
    folder = desk.workspace.root / "solutions" / kata.name
    if folder.is_dir():
        print("\nWith other right answers in `variants` and common wrong ones in `traps`:")
        print(f"  {shown_path(folder)}")
