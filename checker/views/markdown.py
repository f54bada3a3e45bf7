"""A learner's progress as Markdown, for a mentor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.catalog import LEVELS
from checker.views.progress import STATE_WORDS
from checker.workspace import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.progress import KataProgress


def report_markdown(states: Sequence[KataProgress], name: str, time: str) -> str:
    """The report: totals, a table a level, and where the learner is stuck.

    Args:
        states: where each kata stands.
        name: whose report it is; "" when unknown.
        time: when it was made.
    """
    solved = sum(state.state == "solved" for state in states)
    of_whom = f" of {_cell(name)}" if name else ""
    lines = [f"# FastAPI katas: progress{of_whom}", ""]
    lines += [f"{solved} of {len(states)} katas solved. Made {_minute(time)}.", ""]
    for level in LEVELS:
        mine = [state for state in states if state.kata.level == level]
        if not mine:
            continue
        done = sum(state.state == "solved" for state in mine)
        lines += [f"## {level.capitalize()}: {done} of {len(mine)}", ""]
        lines.append(
            "| kata | state | tests | runs | hints | solution seen | solved | last worked on |"
        )
        lines.append("|---|---|--:|--:|--:|---|---|---|")
        lines += [_row(state) for state in mine]
        lines.append("")
    stuck = [s for s in states if s.runs >= 3 and not s.solved_time]
    if stuck:
        lines += ["## Stuck", ""]
        lines += [
            f"- {_cell(title_of(s.kata))}: {s.runs} runs, {s.passed} of {s.total} tests pass,"
            f" {s.hints} of 3 hints taken"
            for s in sorted(stuck, key=lambda s: -s.runs)
        ]
        lines.append("")
    return "\n".join(lines)


def _row(state: KataProgress) -> str:
    tests = f"{state.passed}/{state.total}" if state.total else ""
    cells = (
        f"{state.kata.number:02} {_cell(title_of(state.kata))}",
        STATE_WORDS[state.state],
        tests,
        str(state.runs or ""),
        str(state.hints or ""),
        "yes" if state.solution_seen else "",
        _minute(state.solved_time),
        _minute(state.last_time),
    )
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _minute(time: str) -> str:
    """``2026-05-01T10:20:30.123Z`` as ``2026-05-01 10:20 UTC``."""
    return f"{time[:10]} {time[11:16]} UTC" if time else ""
