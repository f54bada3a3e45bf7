"""What differs between the learner's files and the reference, as lines for the terminal."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from checker.views.failure import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from checker.views.style import Style

_COLOURS = {"+": "green", "-": "red"}


def difference_lines(
    mine: Mapping[str, str], reference: Mapping[str, str], folder: Path, style: Style
) -> list[str]:
    """How one gets from one's own files to the reference.

    Args:
        mine: the learner's files by name, with their text.
        reference: the reference's files.
        folder: the kata's folder, where the learner's files are.
        style: what the output can show.

    Returns:
        A difference for each file that differs, in the order of the reference; ``-`` is the
        learner's line, ``+`` the reference's, and each part begins with the learner's
        ``file:line``. Nothing when all are the same.
    """
    lines = []
    for name in [*reference, *(name for name in mine if name not in reference)]:
        if name not in mine or name not in reference:
            who = "only you have it" if name in mine else "only the reference has it"
            lines.append(style.paint(f"{name}: {who}", "bold"))
        elif mine[name] != reference[name]:
            lines.append(style.paint(f"{name}: - yours, + the reference", "bold"))
            shown = shown_path(folder / name)
            lines += _parts(mine[name].splitlines(), reference[name].splitlines(), shown, style)
    return lines


def _parts(mine: list[str], reference: list[str], shown: str, style: Style) -> Iterator[str]:
    found = difflib.unified_diff(mine, reference, lineterm="", n=2)
    for line in list(found)[2:]:  # the two lines with the files' names say nothing new
        begins = re.fullmatch(r"@@ -(\d+)(,\d+)? .*", line)
        if begins:
            yield style.paint(f"{shown}:{begins[1]}", "cyan")
        else:
            yield style.paint(line, *filter(None, [_COLOURS.get(line[:1])]))
