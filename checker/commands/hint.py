"""Get one more hint for a kata. There are three, each saying more than the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import journal
from checker.commands.shared import kata_argument, open_desk, remember
from checker.views.failure import wrap
from checker.views.style import style_for
from checker.workspace import title_of

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)
    parser.add_argument(
        "--again", action="store_true", help="show the hints taken so far, and no new one"
    )


def run(args: argparse.Namespace) -> int:
    """Show the next hint."""
    desk = open_desk()
    kata = desk.choose(args.kata)
    style = style_for()
    hints = kata.file.hints
    seen = min(desk.state(kata).hints, len(hints))
    print(style.paint(f"{kata.level} {kata.number:02} {title_of(kata)}", "bold"))
    if args.again or seen == len(hints):
        if not seen:
            print("No hint was taken yet. `checker hint` gives the first.")
        for number, text in enumerate(hints[:seen], 1):
            print("\n".join(hint_lines(number, text, style.width)))
        if seen == len(hints):
            print(f"\nThat was the last hint. `checker solution {kata.level}/{kata.number}`")
            print("shows the reference solution.")
        return 0
    print("\n".join(hint_lines(seen + 1, hints[seen], style.width)))
    left = len(hints) - seen - 1
    if left:
        words = "hint if you need it" if left == 1 else "hints if you need them"
        print(f"\n{left} more {words}.")
    remember(desk.workspace, journal.Entry(journal.now(), kata.name, "hint", hint=seen + 1))
    return 0


def hint_lines(number: int, text: str, width: int) -> list[str]:
    """A hint, wrapped to the terminal."""
    return ["", f"Hint {number}", *(f"  {line}" for line in wrap(text, width - 2))]
