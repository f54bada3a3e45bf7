"""A learner's progress as Markdown, for a mentor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.grade.insight import STUCK_RUNS
from checker.moments import ago_words, count_words, day_words, minute_words, moment, span_words
from checker.views.progress import STATE_WORDS
from checker.views.untrusted import NAME, markdown
from checker.workspace import title_of

if TYPE_CHECKING:
    from checker.standing import KataStanding, Standing


def learner_markdown(standing: Standing) -> str:
    """The report: totals, a table a level, and where the learner is stuck."""
    of_whom = f" of {markdown(standing.name, NAME)}" if standing.name else ""
    lines = [f"# FastAPI katas: progress{of_whom}", ""]
    lines += [
        f"{standing.solved} of {len(standing.katas)} katas solved. "
        f"Made {minute_words(standing.time)}.",
        f"{moved_words(standing)}",
        "",
    ]
    for level, (solved, total) in standing.levels.items():
        lines += [f"## {level.capitalize()}: {solved} of {total}", ""]
        lines.append(
            "| kata | state | tests | runs | hints | solution seen | solved | time to solve "
            "| last got further | last worked on |"
        )
        lines.append("|---|---|--:|--:|--:|---|---|---|---|---|")
        lines += [_row(one) for one in standing.katas if one.progress.kata.level == level]
        lines.append("")
    if standing.stuck:
        lines += ["## Stuck", ""]
        lines += [
            f"- {markdown(title_of(one.progress.kata))}: {stuck_words(one)}"
            for one in standing.stuck
        ]
        lines += ["", f"That is: {STUCK_RUNS} runs or more in a row that got no further.", ""]
    return "\n".join(lines)


def moved_words(standing: Standing) -> str:
    """Since when nothing moved, as a sentence."""
    if standing.moved is None:
        return "No run has got anywhere yet."
    return f"A run last got further on {day_words(standing.moved)}, {ago_words(standing.days)}."


def stuck_words(one: KataStanding) -> str:
    """How somebody is stuck in a kata."""
    state = one.progress
    return (
        f"{count_words(state.runs, 'run')}, {state.passed} of {state.total} tests pass,"
        f" {state.hints} of 3 hints taken"
    )


def _row(one: KataStanding) -> str:
    state = one.progress
    cells = (
        f"{state.kata.number:02} {markdown(title_of(state.kata))}",
        STATE_WORDS[state.state],
        f"{state.passed}/{state.total}" if state.total else "",
        str(state.runs or ""),
        str(state.hints or ""),
        "yes" if state.solution_seen else "",
        minute_words(moment(state.solved_time)),
        span_words(one.seconds),
        minute_words(one.moved),
        minute_words(moment(state.last_time)),
    )
    return f"| {' | '.join(cells)} |"
