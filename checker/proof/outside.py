"""Which tests can be judged from outside: those that pass there on every right answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from checker.candidate import Slots, reference_of
from checker.execute import run_jobs
from checker.grade.known import KnownTest
from checker.grade.runner import open_caged_runner
from checker.scratch import scratch_folder
from checker.staged import staged_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.isolation.ladder import Step
    from checker.proof.flaws import Shape


def find_outside(
    shapes: list[Shape],
    step: Step,
    at_once: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> dict[str, list[KnownTest]]:
    """Run every right answer in a cage with the judge outside.

    Args:
        shapes: the katas.
        step: the isolation to run in.
        at_once: how many runs at the same time.
        progress: called with the number of runs done and their total.

    Returns:
        The tests of each kata, in the order of its suite.
    """
    found: dict[str, dict[str, KnownTest]] = {shape.kata.name: {} for shape in shapes}
    with scratch_folder() as scratch, open_caged_runner(scratch) as runner:
        slots = Slots(scratch)
        cage = asdict(step.cage())
        jobs = [
            staged_job(shape.kata, right, slots, shape.kata.name, cage=cage, outside=True)
            for shape in shapes
            for right in (reference_of(shape.kata, shape.solution), *shape.variants)
        ]
        for done, (job, verdict) in enumerate(run_jobs(runner, jobs, at_once), 1):
            tests = found[job.key]
            for test in verdict.tests:
                before = tests.get(test.id)
                passed = test.outcome == "passed" and (before is None or before.outside)
                tests[test.id] = KnownTest(test.id, test.guard, passed)
            progress(done, len(jobs))
    return {kata: list(tests.values()) for kata, tests in found.items()}
