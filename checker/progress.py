"""Where the learner stands: a fold over the journal and the digests on disk. Nothing is re-run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from checker.workspace import is_untouched, last_edited, learner_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.catalog import Kata
    from checker.journal import Entry

STATES = ("solved", "changed", "failing", "broken", "timeout", "crashed", "tampered",
          "unavailable", "started", "untouched")  # fmt: skip
"""``changed``: solved once, and edited since. ``started``: edited, and not run since."""


@dataclass
class KataProgress:
    """What the journal and the disk say about one kata.

    Attributes:
        kata: the kata.
        state: one of ``STATES``.
        passed: how many steps passed in the last run.
        total: how many steps it had; 0 when it was never run.
        runs: how often it was run.
        hints: how many hints were taken.
        solution_seen: whether the reference was opened.
        first_time: when it was first worked on; "" when never.
        solved_time: when it was first solved; "" when never.
        last_time: when it was last worked on; "" when never.
    """

    kata: Kata
    state: str = "untouched"
    passed: int = 0
    total: int = 0
    runs: int = 0
    hints: int = 0
    solution_seen: bool = False
    first_time: str = ""
    solved_time: str = ""
    last_time: str = ""
    _verdicts: dict[str, Entry] = field(default_factory=dict, repr=False)


def fold(catalog: Sequence[Kata], entries: Iterable[Entry]) -> list[KataProgress]:
    """Say where each kata stands.

    Args:
        catalog: the workspace's katas.
        entries: the journal's, in order of time.

    Returns:
        One progress a kata, in the catalogue's order.
    """
    states = {kata.name: KataProgress(kata) for kata in catalog}
    for entry in entries:
        progress = states.get(entry.kata)
        if progress is not None:
            _take(progress, entry)
    for progress in states.values():
        _settle(progress)
    return list(states.values())


def next_up(states: Sequence[KataProgress], after: Kata | None = None) -> KataProgress | None:
    """The next kata to work on: the first unsolved one, after ``after`` when that is given.

    Returns:
        None when every kata is solved.
    """
    order = list(states)
    if after is not None:
        place = next((i for i, s in enumerate(order) if s.kata.name == after.name), -1) + 1
        order = order[place:] + order[:place]
    return next((state for state in order if state.state != "solved"), None)


def last_worked(states: Sequence[KataProgress]) -> Kata | None:
    """The kata that was worked on last, by the journal and by the times of edited files.

    Returns:
        None at the very start.
    """

    def moment(state: KataProgress) -> float:
        told = datetime.fromisoformat(state.last_time).timestamp() if state.last_time else 0.0
        return max(told, last_edited(state.kata) if state.state != "untouched" else 0.0)

    begun = [state for state in states if state.last_time or state.state != "untouched"]
    return max(begun, key=moment).kata if begun else None


def solved_before(entries: Iterable[Entry]) -> set[str]:
    """The names of the katas that a run solved and that were not reset since.

    Args:
        entries: the journal's, in order of time.
    """
    solved: set[str] = set()
    for entry in entries:
        if entry.what == "run" and entry.verdict == "solved":
            solved.add(entry.kata)
        elif entry.what == "reset":
            solved.discard(entry.kata)
    return solved


def _take(progress: KataProgress, entry: Entry) -> None:
    progress.last_time = entry.time
    if entry.what == "hint":
        progress.hints = max(progress.hints, entry.hint)
    elif entry.what == "solution":
        progress.solution_seen = True
    elif entry.what == "run" and entry.verdict != "untouched":
        progress.runs += 1
        progress.first_time = progress.first_time or entry.time
        progress.passed, progress.total = entry.passed, entry.total
        progress._verdicts[entry.digest] = entry
        if entry.verdict == "solved":
            progress.solved_time = progress.solved_time or entry.time


def _settle(progress: KataProgress) -> None:
    """The state: the last verdict on exactly these files, if there was one."""
    now = learner_digest(progress.kata)
    verdict = progress._verdicts.get(now)
    if is_untouched(progress.kata, now):
        progress.state, progress.passed = "untouched", 0
    elif verdict is not None:
        progress.state = verdict.verdict
        progress.passed, progress.total = verdict.passed, verdict.total
    else:
        progress.state = "changed" if progress.solved_time else "started"
