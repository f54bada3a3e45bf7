"""What one learner's journal means: attempts, time, hints, where they are stuck, what moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.catalog import LEVELS
from checker.grade.grades import History
from checker.grade.histories import histories
from checker.grade.insight import curve, is_stuck, moved_time, time_to_solve
from checker.moments import days_between, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from checker.grade.insight import Point
    from checker.journal import Entry
    from checker.progress import KataProgress


@dataclass(frozen=True)
class KataStanding:
    """How a learner stands with one kata.

    Attributes:
        progress: what the journal and the files on disk say.
        history: what the journal says about the way there.
        stuck: whether it is unsolved, and the last runs got no further.
        seconds: the time at work until it was solved; None when it never was.
        moved: when a run last got further; None for never.
    """

    progress: KataProgress
    history: History
    stuck: bool
    seconds: float | None
    moved: datetime | None


@dataclass(frozen=True)
class Standing:
    """How a learner stands.

    Attributes:
        name: whose it is; "" when unknown.
        time: now; None when it cannot be told.
        katas: each kata, in the workspace's order.
        levels: how many katas are solved, and there are, by level.
        moved: when a run last got further anywhere; None for never.
        days: whole days since then; None when unknown.
        curve: how many katas were solved at which time.
    """

    name: str
    time: datetime | None
    katas: tuple[KataStanding, ...]
    levels: dict[str, tuple[int, int]]
    moved: datetime | None
    days: int | None
    curve: tuple[Point, ...]

    @property
    def solved(self) -> int:
        """How many katas are solved."""
        return sum(solved for solved, _ in self.levels.values())

    @property
    def stuck(self) -> list[KataStanding]:
        """The katas they are stuck in, most runs first."""
        return sorted((k for k in self.katas if k.stuck), key=lambda k: -k.history.runs)


def read_standing(
    states: Sequence[KataProgress], entries: Iterable[Entry], name: str, time: str
) -> Standing:
    """Find out how a learner stands.

    Args:
        states: where each kata stands.
        entries: the journal's, in order of time.
        name: whose they are.
        time: now, as journals write it.
    """
    now = moment(time)
    told = histories(entries, {state.kata.name for state in states}, now)
    katas = tuple(_kata(state, told.get(state.kata.name, History()), now) for state in states)
    levels = {level: [s for s in states if s.kata.level == level] for level in LEVELS}
    moved = max((one.moved for one in katas if one.moved), default=None)
    return Standing(
        name,
        now,
        katas,
        {
            level: (sum(state.state == "solved" for state in mine), len(mine))
            for level, mine in levels.items()
            if mine
        },
        moved,
        days_between(moved, now),
        tuple(curve([sorted(filter(None, (moment(k.history.solved, now) for k in katas)))], now)),
    )


def _kata(state: KataProgress, history: History, now: datetime | None) -> KataStanding:
    return KataStanding(
        state,
        history,
        state.state not in ("solved", "untouched") and not history.solved and is_stuck(history),
        time_to_solve(history, now),
        moved_time(history, now),
    )
