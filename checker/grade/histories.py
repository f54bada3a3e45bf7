"""What a journal says about each kata, as grades and reports show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.grade.grades import History
from checker.moments import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from checker.journal import Entry

PAUSE = 30 * 60.0
"""Seconds: a longer gap between two entries of a kata is a break and no time at work."""

_MOST = 1_000_000


def histories(
    entries: Iterable[Entry], katas: Collection[str], until: datetime | None = None
) -> dict[str, History]:
    """Fold a journal.

    Args:
        entries: the journal's, in order of time. Nothing in them is trusted: entries of other
            katas, or with a time that cannot be true, are passed over.
        katas: the names of the katas to tell about.
        until: the present; see `checker.moments.moment`.

    Returns:
        By the kata's name, those that the journal tells anything about.
    """
    folds: dict[str, _Fold] = {}
    for entry in entries:
        time = moment(entry.time, until) if entry.kata in katas else None
        if time is not None and entry.verdict != "untouched":
            folds.setdefault(entry.kata, _Fold()).take(entry, time)
    return {name: fold.history() for name, fold in folds.items()}


@dataclass
class _Fold:
    runs: int = 0
    hints: int = 0
    solution: bool = False
    first: str = ""
    last: str = ""
    solved: str = ""
    moved: str = ""
    still: int = 0
    worked: float = 0.0
    best: int = 0
    before: datetime | None = None

    def take(self, entry: Entry, time: datetime) -> None:
        gap = (time - self.before).total_seconds() if self.before else 0.0
        if not self.solved and 0 <= gap <= PAUSE:
            self.worked += gap
        self.before, self.last = time, entry.time
        match entry.what:
            case "hint":
                self.hints = max(self.hints, min(entry.hint, _MOST))
            case "solution":
                self.solution = True
            case "open":
                self.first = self.first or entry.time
            case "run":
                self._run(entry)

    def _run(self, entry: Entry) -> None:
        self.first = self.first or entry.time
        self.runs += 1
        solves = entry.verdict == "solved" and not self.solved
        if solves:
            self.solved = entry.time
        if solves or self.best < entry.passed:
            self.best = max(self.best, entry.passed)
            self.moved, self.still = entry.time, 0
        else:
            self.still += 1

    def history(self) -> History:
        return History(
            self.runs, self.hints, self.solution, self.first, self.last, self.solved, self.moved,
            0 if self.solved else self.still, round(self.worked, 1),
        )  # fmt: skip
