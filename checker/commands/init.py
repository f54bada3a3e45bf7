"""Make a fresh workspace: every kata as a stub, with the settings for pytest and VS Code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker import pristine
from checker.errors import CheckerError
from checker.files import files_below, write_whole
from checker.pristine import packed_files
from checker.views.failure import shown_path

if TYPE_CHECKING:
    import argparse

_MAY_BE_THERE = {".git", ".venv", ".idea", ".DS_Store"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR", help="an empty folder")


def run(args: argparse.Namespace) -> int:
    """Fill the folder."""
    target = Path(args.dir).absolute()
    _refuse_full(target)
    files = {f"katas/{name}": data for name, data in packed_files("katas").items()}
    template = pristine.SHIPPED / "workspace"
    for name, path in files_below(template).items():
        files[name.replace("dot_", ".")] = path.read_bytes()
    try:
        for name, data in files.items():
            write_whole(target / name, data)
    except OSError as error:
        raise CheckerError(
            f"{error.filename or target} cannot be written ({error.strerror})."
        ) from error
    print(f"A fresh workspace is at {target}, with {len(pristine.originals())} katas.")
    print("Go there and see where you stand:")
    print(f"  cd {shown_path(target)}")
    print("  checker")
    return 0


def _refuse_full(target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise CheckerError(f"{target} is a file. Name an empty folder, or one to be made.")
    there = sorted(e.name for e in target.iterdir()) if target.is_dir() else []
    left = [name for name in there if name not in _MAY_BE_THERE]
    if left:
        raise CheckerError(
            f"{target} is not empty (it has {', '.join(left[:4])}). Nothing was written. "
            "Name an empty folder, or one to be made: checker init my-katas"
        )
