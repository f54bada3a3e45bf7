"""Lay out a new kata with its twin under solutions. For maintainers.

What it writes still says TODO where something is to be thought of, and `checker verify` refuses
it until all of that is done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checker.catalog import LEVELS
from checker.errors import CheckerError
from checker.files import write_whole
from checker.pristine import SHIPPED
from checker.proof.flaws import NOTES_SECTIONS
from checker.views.failure import shown_path
from checker.workspace import find_workspace

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("level", choices=LEVELS, help="where it belongs")
    parser.add_argument("title", help='a few words, as "Read and add books"')


def run(args: argparse.Namespace) -> int:
    """Write the files."""
    workspace = find_workspace()
    slug = re.sub(r"[^a-z0-9]+", "_", args.title.lower()).strip("_")
    if not slug:
        raise CheckerError("The title must hold letters or digits.")
    if set(args.title) & set('"\\\n|'):
        raise CheckerError("The title must not hold quotes, backslashes, bars or line breaks.")
    taken = [kata for kata in workspace.catalog if kata.level == args.level]
    if any(kata.slug == slug for kata in taken):
        raise CheckerError(f"There is a kata {slug!r} in {args.level} already.")
    number = max((kata.number for kata in taken), default=0) + 1
    name = f"{args.level}/{number:02}_{slug}"
    values = {
        "title": args.title.strip(),
        "name": f"{args.level}/{number}",
        "notes": "\n\n".join(f"## {section}\n\nTODO" for section in NOTES_SECTIONS),
    }
    folders = {"kata": workspace.katas / name, "solution": workspace.root / "solutions" / name}
    for path in sorted((SHIPPED / "new_kata").rglob("*.txt")):
        part, _, rest = path.relative_to(SHIPPED / "new_kata").as_posix().partition("/")
        text = path.read_text(encoding="utf-8")
        for key, value in values.items():
            text = text.replace(f"<<{key}>>", value)
        target = folders[part] / rest.removesuffix(".txt")
        write_whole(target, text.encode())
        print(f"  {shown_path(target)}")
    print(f"\nFill them in, and prove the kata with `checker verify {args.level}/{number}`.")
    return 0
