"""The runs of the proof: stub, reference, variants and traps, and what each must come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from checker.candidate import Candidate, Slots, reference_of, stub_of
from checker.execute import run_jobs
from checker.scratch import scratch_folder
from checker.staged import staged_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.proof.flaws import Shape
    from checker.runner import Runner
    from checker.verdict import Verdict


@dataclass(frozen=True)
class Round:
    """One run of one candidate.

    Attributes:
        shape: the kata.
        candidate: what is judged.
        order: ``file`` or ``random``.
    """

    shape: Shape
    candidate: Candidate
    order: str = "file"


@dataclass
class Outcome:
    """What the rounds of one kata came to.

    Attributes:
        shape: the kata, whose flaws grow.
        failed_by: for each trap, the tests that failed on it.
        rounds: how many runs were made.
        seconds: the time of these runs, added up.
        slowest: the reference's longest run, in seconds.
    """

    shape: Shape
    failed_by: dict[str, set[str]] = field(default_factory=dict)
    rounds: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def unneeded(self) -> list[str]:
        """The tests that could be removed without any trap passing: no trap fails on them alone."""
        needed = {next(iter(failed)) for failed in self.failed_by.values() if len(failed) == 1}
        return [t for t in self.shape.tests if t not in needed and t not in self.shape.guards]


def rounds_of(shape: Shape) -> Iterator[Round]:
    """Every run that a kata's proof needs."""
    kata = shape.kata
    yield Round(shape, stub_of(kata))
    right = [reference_of(kata, shape.solution), *shape.variants]
    for candidate in right:
        yield Round(shape, candidate)
        yield Round(shape, candidate, "random")
    yield Round(shape, right[0], "random")
    for trap in shape.traps:
        yield Round(shape, trap)


def run_rounds(
    runner: Runner,
    rounds: list[Round],
    at_once: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> dict[str, Outcome]:
    """Run the rounds and judge what they came to.

    Args:
        runner: what runs them.
        rounds: of any number of katas.
        at_once: how many run at the same time.
        progress: called with the number of rounds done and their total.

    Returns:
        One outcome a kata, by its name; its shape has the flaws that were found.
    """
    outcomes = {round_.shape.kata.name: Outcome(round_.shape) for round_ in rounds}
    with scratch_folder() as scratch:
        slots = Slots(scratch)
        jobs = [staged_job(r.shape.kata, r.candidate, slots, r, order=r.order) for r in rounds]
        for done, (job, verdict) in enumerate(run_jobs(runner, jobs, at_once), 1):
            _take(outcomes[job.key.shape.kata.name], job.key, verdict)
            progress(done, len(rounds))
    return outcomes


def _take(outcome: Outcome, round_: Round, verdict: Verdict) -> None:
    outcome.rounds += 1
    outcome.seconds += verdict.seconds
    role = round_.candidate.role
    flaw = partial(outcome.shape.flaw, where=_label(round_))
    if role == "stub":
        _judge_stub(outcome, verdict)
    elif role == "trap":
        _judge_trap(outcome, round_, verdict)
    else:
        if role == "reference":
            outcome.slowest = max(outcome.slowest, verdict.seconds)
        if verdict.kind != "solved":
            flaw("right answer fails", words=_why(verdict))
        for warning in sorted(set(verdict.warnings)):
            flaw("warning", words=warning)


def _label(round_: Round) -> str:
    label = round_.candidate.label
    return f"{label}, random order" if round_.order == "random" else label


def _judge_stub(outcome: Outcome, verdict: Verdict) -> None:
    shape = outcome.shape
    if verdict.kind != "failing":
        shape.flaw("stub", "stub", f"its verdict must be failing: {_why(verdict)}")
        return
    for test in verdict.tests:
        error = test.failure.error if test.failure else ""
        if test.guard and test.outcome != "passed":
            words = f"guard {test.id} does not hold on the stub: {_message(test.failure)}"
            shape.flaw("guard does not hold", "stub", words)
        elif not test.guard and test.outcome == "passed":
            words = f"{test.id} passes on the stub; it must fail, or be marked as a guard"
            shape.flaw("test passes on the stub", "stub", words)
        elif not test.guard and error != "AssertionError":
            words = f"{test.id} fails by {error}, not by an assertion: {_message(test.failure)}"
            shape.flaw("stub fails by error", "stub", words)
    for warning in sorted(set(verdict.warnings)):
        shape.flaw("warning", "stub", warning)


def _judge_trap(outcome: Outcome, round_: Round, verdict: Verdict) -> None:
    trap = round_.candidate
    failed = {t.id.partition("[")[0] for t in verdict.tests if t.outcome != "passed"}
    outcome.failed_by[trap.name] = failed
    flaw = partial(outcome.shape.flaw, where=trap.label)
    if verdict.kind == "solved":
        flaw("trap passes", words=f"every test passes on it; {', '.join(trap.fails)} should not")
        return
    if verdict.kind not in ("failing", "timeout"):
        flaw("trap does not run", words=_why(verdict))
        return
    for name in trap.fails:
        if name in outcome.shape.tests and name not in failed:
            others = ", ".join(sorted(failed)) or "none"
            flaw("trap fails elsewhere", words=f"{name} passes on it; it fails: {others}")


def _why(verdict: Verdict) -> str:
    if verdict.message:
        return f"{verdict.kind}: {verdict.message} {verdict.output[-300:]}".strip()
    test = verdict.first_failure
    if test is None:
        missed = [test.id for test in verdict.tests if test.outcome == "not run"]
        return f"{verdict.kind}: not run: {', '.join(missed) or 'none'} (seed {verdict.seed})"
    return f"{verdict.kind}: {test.id}: {_message(test.failure)} (seed {verdict.seed})"


def _message(failure: object) -> str:
    text = getattr(failure, "message", "") or "no message"
    return " / ".join(str(text).splitlines()[:4])
