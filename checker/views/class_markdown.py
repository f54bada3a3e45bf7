"""A class's grades as Markdown, for a mail, a wiki or a step summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.grade.insight import level_of, number_of, read_insight
from checker.moments import ago_words, count_words, minute_words, span_words
from checker.views.kinds import LOOK_WORDS, RULE, need_words, seen_words
from checker.views.untrusted import NAME, markdown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.grade.grades import Grades
    from checker.grade.insight import Insight, KataState, Learner

_MOST_HELP = 15
_MOST_STUCK = 5


def grades_markdown(grades: Grades) -> str:
    """The report of a class: what needs a look, whom to help, each kata, each learner.

    Every text of a submission stands as it is: it means nothing to Markdown or HTML.
    """
    insight = read_insight(grades)
    learners, katas = len(insight.learners), len(grades.katas)
    solved = sum(one.total for one in insight.learners)
    lines = ["# FastAPI katas: class report", ""]
    lines.append(
        f"{count_words(learners, 'learner')}, {count_words(katas, 'kata')}, "
        f"{solved} of {learners * katas} solved. Graded {minute_words(insight.time)}, "
        f"isolation: {markdown(grades.isolation, NAME) or 'not told'}."
    )
    lines += ["", *_look(insight), *_failed(insight), *_help(insight), *_stuck(insight)]
    for level in insight.levels:
        lines += _level(insight, level)
    return "\n".join([*lines, *_learners(insight)])


def kata_label(insight: Insight, name: str) -> str:
    """``mid 06 Orders in PostgreSQL``; "" for no name. Not escaped for anything."""
    title = next((kata.title for kata in insight.grades.katas if kata.name == name), "")
    return f"{level_of(name)} {number_of(name)} {title}".strip() if name else ""


def _look(insight: Insight) -> list[str]:
    if not insight.tampered:
        return []
    rows = [
        f"- **{_name(one)}**, {markdown(kata_label(insight, kata))}: {markdown(seen_words(grade))}"
        for one, kata, grade in insight.tampered
    ]
    return ["## Needs a look", "", LOOK_WORDS, "", *rows, ""]


def _failed(insight: Insight) -> list[str]:
    if not insight.failed:
        return []
    rows = [f"- **{_cell(one.name)}**: {markdown(one.problem)}" for one in insight.failed]
    return ["## Could not be graded", "", *rows, ""]


def _help(insight: Insight) -> list[str]:
    needing = insight.help_first
    if not needing:
        return ["## Help first", "", "Nobody is stuck, standing still or far behind.", ""]
    rows = [
        f"{place}. **{_name(one)}** "
        f"({one.total} of {len(insight.grades.katas)} solved): "
        f"{markdown(need_words(one.need, kata_label(insight, one.need.kata)))}"
        for place, one in enumerate(needing[:_MOST_HELP], 1)
        if one.need
    ]
    more = len(needing) - _MOST_HELP
    rest = ["", f"And {more} more: see the table of learners."] if more > 0 else []
    return ["## Help first", "", *rows, *rest, "", RULE, ""]


def _stuck(insight: Insight) -> list[str]:
    hard = insight.stuck_katas[:_MOST_STUCK]
    if not hard:
        return []
    rows = []
    for state in hard:
        runs = f"{count_words(state.runs, 'run')} without solving it, " if state.runs else ""
        where = f" Most fail first at: {markdown(state.common.sentence)}" if state.common else ""
        rows.append(
            f"- {markdown(kata_label(insight, state.kata.name))}: {runs}"
            f"{state.at_work} at work.{where}"
        )
    return ["## Where people are stuck", "", *rows, ""]


def _level(insight: Insight, level: str) -> list[str]:
    states = [state for state in insight.katas if level_of(state.kata.name) == level]
    head = ("kata", "solved", "at work", "stuck", "runs unsolved", "hints", "time to solve",
            "first failing sentence, how many")  # fmt: skip
    rows = [_kata_row(state, len(insight.learners)) for state in states]
    return [f"## {markdown(level).capitalize()}", "", *_table(head, "l rrrrrll", rows), ""]


def _kata_row(state: KataState, learners: int) -> Sequence[str]:
    common = state.common
    return (
        f"{number_of(state.kata.name)} {state.kata.title}",
        f"{state.solved} of {learners}",
        str(state.at_work or ""),
        str(state.stuck or ""),
        str(state.runs or ""),
        str(state.hints or ""),
        span_words(state.seconds),
        f"{common.sentence} ({common.learners})" if common else "",
    )


def _learners(insight: Insight) -> list[str]:
    head = ("learner", "solved", *insight.levels, "runs", "hints", "stuck in", "last got further")
    rows = []
    for one in insight.learners:
        levels = [f"{one.solved[level]} of {count}" for level, count in insight.levels.items()]
        stuck = ", ".join(f"{level_of(name)} {number_of(name)}" for name in one.stuck[:3])
        rows.append((
            one.submission.name[:NAME], str(one.total), *levels, str(one.runs or ""),
            str(one.hints or ""), stuck, ago_words(one.days),
        ))  # fmt: skip
    sides = f"lr{'r' * len(insight.levels)}rrll"
    return ["## Learners", "", *_table(head, sides, rows), ""]


def _table(head: Sequence[str], sides: str, rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; ``sides`` has an ``l`` or ``r`` a column."""
    marks = ["--:" if side == "r" else "---" for side in sides.replace(" ", "")]
    return [
        f"| {' | '.join(markdown(text) for text in head)} |",
        f"|{'|'.join(marks)}|",
        *(f"| {' | '.join(markdown(cell) for cell in row)} |" for row in rows),
    ]


def _name(learner: Learner) -> str:
    return _cell(learner.submission.name)


def _cell(text: str) -> str:
    return markdown(text, NAME) or "(no name)"
