"""The job that judges a candidate: for the proof of a kata, for its mutants, and for grading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.candidate import Candidate, Slots, stage
from checker.execute import Job
from checker.runner.spec import Spec
from checker.verdict import Context

if TYPE_CHECKING:
    from pathlib import Path

    from checker.catalog import Kata


def staged_job(
    kata: Kata,
    candidate: Candidate,
    slots: Slots,
    key: object,
    context: Context | None = None,
    **options: Any,
) -> Job:
    """The job that judges a candidate, staged into a slot when its run begins.

    Args:
        kata: whose suite judges.
        candidate: what is judged.
        slots: the folders to stage into.
        key: whatever the caller recognises the run by.
        context: what the verdict needs to know; None when that is the kata's name alone.
        options: further fields of the run's `Spec`.
    """
    taken: list[Path] = []

    def prepare(number: int) -> Spec:
        taken.append(slots.take())
        folder = str(stage(kata, candidate, taken[0]))
        file = kata.file
        return Spec(
            number, folder, folder, test_seconds=file.test_seconds, services=file.services,
            theirs=tuple(candidate.files), **options,
        )  # fmt: skip

    def done() -> None:
        for folder in taken:
            slots.give_back(folder)

    # The stand-in for MongoDB has no users, so that strangers must not meet in it.
    alone = "mongodb" if "cage" in options and "mongodb" in kata.file.services else ""
    return Job(prepare, context or Context(kata.name), key, done, alone)
