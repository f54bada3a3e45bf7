"""Grades and progress as CSV: a row a learner and kata, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from checker.grade.insight import level_of, number_of
from checker.views.untrusted import LINE, spreadsheet
from checker.workspace import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.grade.grades import Grades, History, KataInfo, SubmissionGrade
    from checker.standing import Standing

_HISTORY = (
    "runs", "hints", "solution_seen", "first_time", "moved_time", "last_time", "solved_time",
    "seconds_at_work",
)  # fmt: skip
GRADE_COLUMNS = (
    "name", "source", "commit", "problem", "level", "number", "kata", "title", "verdict", "passed",
    "total", "outside", "test", "sentence", "message", "place", "remarks", "seconds", "cached",
    *_HISTORY,
)  # fmt: skip
LEARNER_COLUMNS = (
    "name", "level", "number", "kata", "title", "state", "passed", "total", "stuck", *_HISTORY,
)  # fmt: skip


def grades_csv(grades: Grades) -> str:
    """A class's grades: a row a submission and kata, and one for each that has none.

    Every text is on one line, and none can be taken for a formula.
    """
    rows: list[Sequence[object]] = []
    for one in grades.submissions:
        rows += [_grade_row(one, kata) for kata in grades.katas if kata.name in one.katas]
        if not one.katas:
            rows.append(_whose(one))
    return _table(GRADE_COLUMNS, rows)


def learner_csv(standing: Standing) -> str:
    """A learner's progress: a row a kata."""
    rows: list[Sequence[object]] = []
    for one in standing.katas:
        state, kata = one.progress, one.progress.kata
        rows.append((
            standing.name, kata.level, f"{kata.number:02}", kata.name, title_of(kata), state.state,
            state.passed, state.total, one.stuck, *_history(one.history),
        ))  # fmt: skip
    return _table(LEARNER_COLUMNS, rows)


def _whose(one: SubmissionGrade) -> tuple[object, ...]:
    return (one.name, one.source, one.commit, one.problem)


def _grade_row(one: SubmissionGrade, kata: KataInfo) -> Sequence[object]:
    grade, history = one.katas[kata.name], one.history.get(kata.name)
    return (
        *_whose(one), level_of(kata.name), number_of(kata.name), kata.name, kata.title,
        grade.verdict, grade.passed, kata.total, grade.outside, grade.test, grade.sentence,
        grade.message, grade.place, "; ".join(grade.remarks), round(grade.seconds, 3),
        grade.cached, *(_history(history) if history else ()),
    )  # fmt: skip


def _history(history: History) -> tuple[object, ...]:
    return (
        history.runs, history.hints, history.solution, history.first, history.moved, history.last,
        history.solved, history.worked,
    )  # fmt: skip


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        filled = [*row, *[""] * (len(columns) - len(row))]
        writer.writerow([_cell(value) for value in filled])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spreadsheet(value, 4 * LINE) if isinstance(value, str) else value
