"""A class at one glance in the terminal: a line a learner, a sign a kata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.grade.insight import level_of, number_of
from checker.views.failure import wrap
from checker.views.kinds import PLAIN_SIGNS, SIGNS, legend
from checker.views.untrusted import NAME, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.grade.grades import Grades, KataInfo, Kind, SubmissionGrade

_LEAST_NAME, _MOST_NAME = 12, 32


def grades_matrix(grades: Grades, width: int, *, unicode: bool = True) -> list[str]:
    """Learners and katas as a table of signs, with its legend; it needs no colour.

    Args:
        grades: a class's grades.
        width: the terminal's, in columns; names are cut so that it is kept. Katas that do not fit
            side by side come in a block of their own.
        unicode: whether the output can show more than ASCII.

    Returns:
        Lines without line ends; no line holds a control character.
    """
    names = [one_line(one.name, NAME) or "(no name)" for one in grades.submissions]
    lines: list[str] = []
    for katas in _blocks(grades.katas, width):
        lines += [*([""] if lines else []), *_block(grades, names, katas, width, unicode)]
    kinds = {grade.verdict for one in grades.submissions for grade in one.katas.values()}
    return [*lines, "", *_legend(legend(kinds, unicode=unicode), width)]


def _legend(items: Sequence[str], width: int) -> list[str]:
    """The items side by side, none of them broken."""
    solid = "   ".join(item.replace(" ", "\0") for item in items)
    return [line.replace("\0", " ").rstrip() for line in wrap(solid, width)]


def _blocks(katas: Sequence[KataInfo], width: int) -> list[list[KataInfo]]:
    """The katas that stand side by side: at least one in each block."""
    room = max(10, width - _LEAST_NAME - len("  30/30") - 4)
    return [list(katas[i : i + room]) for i in range(0, len(katas), room)]


def _block(
    grades: Grades, names: Sequence[str], katas: Sequence[KataInfo], width: int, unicode: bool
) -> list[str]:
    count = len(f"  {len(grades.katas)}/{len(grades.katas)}")
    signs_width = len(_spaced(katas, ["x"] * len(katas)))
    room = max(_LEAST_NAME, min(_MOST_NAME, width - count - signs_width - 1))
    signs = SIGNS if unicode else PLAIN_SIGNS
    numbers = [number_of(kata.name)[-2:].rjust(2) for kata in katas]
    lines = [
        f"{'':<{room}} {_levels(katas)}".rstrip(),
        f"{'':<{room}} {_spaced(katas, [number[0] for number in numbers])}",
        f"{'':<{room}} {_spaced(katas, [number[1] for number in numbers])}",
    ]
    for name, one in zip(names, grades.submissions, strict=True):
        row = _row(one, katas, signs)
        solved = f"{one.solved}/{len(grades.katas)}".rjust(count)
        lines.append(f"{_fit(name, room, unicode)} {row}{'' if one.problem else solved}")
    return lines


def _row(one: SubmissionGrade, katas: Sequence[KataInfo], signs: dict[Kind, str]) -> str:
    if one.problem:
        return _fit("not graded: " + one_line(one.problem), len(_spaced(katas, [" "] * len(katas))))
    grades = [one.katas.get(kata.name) for kata in katas]
    return _spaced(katas, [signs[grade.verdict] if grade else " " for grade in grades])


def _spaced(katas: Sequence[KataInfo], signs: Sequence[str]) -> str:
    """The signs in a row, a space between two levels."""
    text, before = "", ""
    for kata, sign in zip(katas, signs, strict=True):
        level = level_of(kata.name)
        text += (" " if before and level != before else "") + sign
        before = level
    return text


def _levels(katas: Sequence[KataInfo]) -> str:
    """The levels' names above their katas, cut to fit."""
    sizes: dict[str, int] = {}
    for kata in katas:
        level = level_of(kata.name)
        sizes[level] = sizes.get(level, 0) + 1
    return " ".join(level[:size].ljust(size) for level, size in sizes.items())


def _fit(text: str, width: int, unicode: bool = True) -> str:
    """Cut or filled to exactly ``width`` columns; wide characters count twice."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + ("…" if unicode else "~")
