"""Run many suites on a runner and judge each: the one function that runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checker.runner import Over, Runner
from checker.verdict import Context, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checker.runner.spec import Spec


@dataclass(frozen=True)
class Job:
    """One run to make.

    Attributes:
        prepare: makes the spec just before the run begins; it gets the run's number.
        context: what the verdict needs to know besides.
        key: whatever the caller recognises the run by.
        done: called when the run is over, to clean up.
        alone: jobs with the same word here never run at the same time; "" for any.
    """

    prepare: Callable[[int], Spec]
    context: Context
    key: Any = None
    done: Callable[[], object] = field(default=lambda: None)
    alone: str = ""


@dataclass
class _Active:
    job: Job
    events: list[dict[str, Any]] = field(default_factory=list)


Listener = Callable[[Job, dict[str, Any]], object]


def run_jobs(
    runner: Runner, jobs: Iterable[Job], at_once: int, listener: Listener | None = None
) -> Iterator[tuple[Job, Verdict]]:
    """Run jobs, several at once, and yield each with its verdict as it ends.

    Args:
        runner: what runs them.
        jobs: in the order in which they begin; to a ``deque`` whoever takes the verdicts may add.
        at_once: how many may run at the same time.
        listener: called with each event as it comes.
    """
    waiting = jobs if isinstance(jobs, deque) else deque(jobs)
    active: dict[int, _Active] = {}
    number = 0

    def fill() -> None:
        nonlocal number
        while len(active) < at_once:
            job = _next(waiting, {run.job.alone for run in active.values()})
            if job is None:
                return
            number += 1
            runner.start(job.prepare(number))
            active[number] = _Active(job)

    try:
        fill()
        # One loop over all messages: a batch that was read holds those of several runs.
        for message in runner.messages():
            if isinstance(message, Over):
                over = active.pop(message.run)
                verdict = judge(over.events, over.job.context, message.end, message.seconds)
                over.job.done()
                fill()
                yield over.job, verdict
                fill()
                continue
            run = active[message.run]
            run.events.append(message.event)
            if listener is not None:
                listener(run.job, message.event)
    finally:
        for number, left in active.items():
            runner.cancel(number)
            left.job.done()


def _next(waiting: deque[Job], busy: set[str]) -> Job | None:
    """Take the first job that may begin now."""
    for place, job in enumerate(waiting):
        if not job.alone or job.alone not in busy:
            del waiting[place]
            return job
    return None
