"""Progress as a person reads it, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.catalog import LEVELS
from checker.progress import next_up
from checker.views.failure import shown_path, wrap
from checker.views.verdicts import HEADLINES
from checker.workspace import main_file, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.catalog import Kata
    from checker.progress import KataProgress
    from checker.views.style import Style

SCHEMA = 1

STATE_WORDS = {
    **HEADLINES,
    "changed": "solved once, changed since",
    "started": "edited, not checked yet",
}


def status_lines(states: Sequence[KataProgress], current: Kata | None, style: Style) -> list[str]:
    """Where the learner stands: a bar a level, and what to do next."""
    solved = sum(state.state == "solved" for state in states)
    lines = [style.paint(f"FastAPI katas: {solved} of {len(states)} solved", "bold"), ""]
    for level in LEVELS:
        mine = [state for state in states if state.kata.level == level]
        if mine:
            done = sum(state.state == "solved" for state in mine)
            lines.append(f"  {level:<9} {style.bar(done, len(mine))} {done:>3} of {len(mine)}")
    upcoming = pick_next(states, current)
    if upcoming is None:
        return [*lines, "", "Every kata is solved. Well done."]
    kata = upcoming.kata
    begun = "Next" if upcoming.state == "untouched" else "Go on with"
    begun = "Start with" if not solved and upcoming.state == "untouched" else begun
    name = f"{kata.level} {kata.number:02}"
    lines += ["", f"{begun}: {name} {style.paint(title_of(kata), 'bold')}{_count(upcoming)}"]
    return lines + what_to_do(kata)


def pick_next(states: Sequence[KataProgress], current: Kata | None) -> KataProgress | None:
    """The kata to suggest: the one at work while it is unsolved, else the next unsolved one."""
    at_work = next((s for s in states if current and s.kata.name == current.name), None)
    if at_work is not None and at_work.state != "solved":
        return at_work
    return next_up(states, at_work.kata if at_work else None)


def what_to_do(kata: Kata) -> list[str]:
    """The paths and the command to begin with, ready to click or copy."""
    return [
        f"  read   {shown_path(kata.folder / 'README.md')}",
        f"  edit   {shown_path(main_file(kata))}",
        f"  check  checker check {kata.level}/{kata.number}",
    ]


def help_lines(kata: Kata, width: int, *, stuck: bool) -> list[str]:
    """Where a learner finds help with a kata that is not solved yet.

    Args:
        kata: the kata.
        width: the terminal's, in columns.
        stuck: whether a hint can help, too.
    """
    lines = [f"Read: {shown_path(kata.folder / 'README.md')}"]
    if stuck:
        name = f"{kata.level}/{kata.number}"
        lines += wrap(f"Stuck? `checker hint {name}` gives one more hint.", width)
    return lines


def list_lines(states: Sequence[KataProgress], style: Style) -> list[str]:
    """Each kata on one line, with its state and the path of the file to edit."""
    lines = []
    width = max((len(title_of(state.kata)) for state in states), default=0)
    for state in states:
        kata = state.kata
        words = STATE_WORDS[state.state]
        count = f", {state.passed} of {state.total}" if state.total and state.passed else ""
        lines.append(
            f"{style.mark(state.state)} {kata.level:<8} {kata.number:02}  "
            f"{title_of(kata):<{width}}  {words}{count if state.state != 'solved' else ''}"
        )
        lines.append(style.paint(f"               {shown_path(main_file(kata))}", "dim"))
    return lines


def _count(state: KataProgress) -> str:
    if state.state in ("changed", "started"):
        return f" ({STATE_WORDS[state.state]})"  # the tests were counted for another version
    return f" ({state.passed} of {state.total} tests pass)" if state.total else ""


def progress_data(state: KataProgress) -> dict[str, Any]:
    """One kata's progress as JSON data."""
    kata = state.kata
    return {
        "kata": kata.name,
        "level": kata.level,
        "number": kata.number,
        "title": title_of(kata),
        "state": state.state,
        "passed": state.passed,
        "total": state.total,
        "runs": state.runs,
        "hints": state.hints,
        "solution_seen": state.solution_seen,
        "first_time": state.first_time or None,
        "solved_time": state.solved_time or None,
        "last_time": state.last_time or None,
        "file": str(main_file(kata)),
    }


def status_data(states: Sequence[KataProgress], current: Kata | None) -> dict[str, Any]:
    """The whole progress as JSON data."""
    upcoming = pick_next(states, current)
    return {
        "schema": SCHEMA,
        "solved": sum(state.state == "solved" for state in states),
        "total": len(states),
        "levels": {
            level: {
                "solved": sum(s.state == "solved" for s in states if s.kata.level == level),
                "total": sum(s.kata.level == level for s in states),
            }
            for level in LEVELS
            if any(s.kata.level == level for s in states)
        },
        "next": upcoming.kata.name if upcoming else None,
        "katas": [progress_data(state) for state in states],
    }
