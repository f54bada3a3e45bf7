"""Colour and marks, when the output can show them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True)
class Style:
    """How to write to one stream.

    Attributes:
        colour: whether to send colour codes.
        width: the columns to fill at most.
        unicode: whether the stream's encoding has the marks and bars.
    """

    colour: bool = False
    width: int = 80
    unicode: bool = True

    def paint(self, text: str, *names: str) -> str:
        """The text in colours and weights such as ``green`` and ``bold``."""
        if not (self.colour and text and names):
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"

    def mark(self, outcome: str) -> str:
        """One character for how a test or kata stands."""
        good, bad, none = ("✓", "✗", "·") if self.unicode else ("+", "x", ".")
        if outcome in ("passed", "solved"):
            return self.paint(good, "green")
        if outcome in ("not run", "untouched", "skipped"):
            return self.paint(none, "dim")
        return self.paint(bad, "red")

    def bar(self, done: int, total: int, width: int = 20) -> str:
        """A bar of ``width`` columns, ``done`` of ``total`` filled."""
        filled = round(width * done / total) if total else 0
        full, empty = ("█", "░") if self.unicode else ("#", "-")
        return self.paint(full * filled, "green") + self.paint(empty * (width - filled), "dim")


def style_for(stream: TextIO | None = None) -> Style:
    """Find out what a stream can show.

    Colour follows https://no-color.org and ``FORCE_COLOR``; the width is the terminal's, between
    60 and 100 columns, or 80 where there is no terminal.
    """
    stream = stream or sys.stdout
    terminal = stream.isatty()
    colour = terminal and os.environ.get("TERM") != "dumb"
    if os.environ.get("FORCE_COLOR"):
        colour = True
    if os.environ.get("NO_COLOR"):
        colour = False
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
    return Style(colour, _width(terminal), encoding.startswith("utf"))


def _width(terminal: bool) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return max(60, min(int(columns), 100))
    if not terminal:
        return 80
    try:
        return max(60, min(os.get_terminal_size().columns, 100))
    except OSError:
        return 80
