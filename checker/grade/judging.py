"""Judge the work of many: each kata of each submission in a cage, solved ones twice.

A submission is first judged *inside*: suite and app share a caged process, as in any run, with
one more test that must fail. What is not solved then is not solved. Where everything passed, the
tests that need nothing but HTTP are run again with the judge *outside*, in a process that no
line of the submission ever enters. Only what holds there is solved; where the two sides
disagree, the run inside was forged.
"""

from __future__ import annotations

import contextlib
import random
import re
from collections import deque
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from checker.candidate import Candidate, Slots
from checker.execute import Job, run_jobs
from checker.files import digest_all, read_or_none
from checker.grade.bench import is_missing
from checker.grade.cache import Cache, key_of
from checker.grade.grades import KataGrade
from checker.isolation.cage import FIRST_USER, USERS
from checker.staged import staged_job
from checker.verdict import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from checker.grade.bench import Case
    from checker.isolation.ladder import Step
    from checker.runner import Runner
    from checker.verdict import TestResult, Verdict

SUITE_SECONDS = 90.0
_SHOWN_EXCHANGES = 3
_FEW = 2
"""So many tests that took too long may be the machine's fault; they get a second chance."""


@dataclass
class Task:
    """One kata of one submission, on its way to a grade.

    Attributes:
        who: whatever the caller recognises the submission by.
        case: the kata.
        files: the files that are judged, by their name in the kata's folder.
        remarks: what was noticed before.
    """

    who: Any
    case: Case
    files: dict[str, Path]
    remarks: list[str] = field(default_factory=list)
    key: str = ""
    digest: str = ""
    canary: str = ""
    seconds: float = 0.0
    inside: Verdict | None = None
    doubts: int = 0
    noticed: set[str] = field(default_factory=set)


class Judge:
    """Grades tasks on a runner.

    Args:
        runner: runs in cages; see ``runner.open_caged_runner``.
        step: the isolation.
        cache: verdicts that are known already.
        slots: the folders to stage into.
        at_once: how many runs at the same time.
    """

    def __init__(
        self, runner: Runner, step: Step, cache: Cache, slots: Slots, at_once: int
    ) -> None:
        self._runner = runner
        self._step = step
        self._cage = step.cage()
        self._cache = cache
        self._slots = slots
        self._at_once = at_once
        self._users = 0

    def grade(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, KataGrade]]:
        """Grade tasks; each is yielded as soon as its grade is known.

        Args:
            tasks: in the order in which they are begun; read as they are needed.
        """
        left = iter(tasks)
        queue: deque[Job] = deque()
        yield from self._fill(queue, left)
        for job, verdict in run_jobs(self._runner, queue, self._at_once, _notice):
            task: Task = job.key
            task.seconds += verdict.seconds
            grade = self._weigh(task, verdict, queue)
            if grade is not None:
                keep(task, grade, self._cache)
                yield task, grade
            yield from self._fill(queue, left)

    def _fill(self, queue: deque[Job], left: Iterator[Task]) -> Iterator[tuple[Task, KataGrade]]:
        """Have the next runs ready, and no more, so that submissions are opened as it goes."""
        while len(queue) < self._at_once:
            task = next(left, None)
            if task is None:
                return
            known = without_run(task, self._step, self._cache)
            if known is not None:
                yield task, known
            else:
                queue.append(self._inside(task))

    def _inside(self, task: Task) -> Job:
        task.inside, task.canary = None, _canary(task.case.tests)
        context = Context(
            task.case.kata.name, task.digest, tests=task.case.tests, canary=task.canary
        )
        return self._job(task, context, canary=task.canary)

    def _outside(self, task: Task) -> Job:
        context = Context(task.case.kata.name, task.digest, tests=task.case.tests)
        return self._job(task, context, outside=True)

    def _job(self, task: Task, context: Context, **options: Any) -> Job:
        cage = self._cage
        if cage.user:
            self._users += 1
            cage = replace(cage, user=FIRST_USER + self._users % USERS)
        candidate = Candidate("submission", "", task.files)
        return staged_job(
            task.case.kata, candidate, self._slots, task, context,
            cage=asdict(cage), suite_seconds=SUITE_SECONDS, **options,
        )  # fmt: skip

    def _weigh(self, task: Task, verdict: Verdict, queue: deque[Job]) -> KataGrade | None:
        """The grade; None when another run decides, which is put into the queue."""
        if task.inside is None:
            if _may_be_the_machine(verdict) and not task.doubts:
                task.doubts += 1
                queue.appendleft(self._inside(task))
                return None
            task.inside = verdict
            if verdict.kind != "solved" or not task.case.outside:
                return _grade(task, verdict, 0)
            task.doubts = 0
            queue.appendleft(self._outside(task))
            return None
        against = _disagreement(task.case, verdict)
        if not against:
            return _grade(task, task.inside, len(task.case.outside))
        if not task.doubts:
            task.doubts += 1
            queue.appendleft(self._outside(task))
            return None
        if verdict.kind == "unavailable":
            return _grade(task, verdict, 0)
        return _tampered(task, verdict, against)


def without_run(task: Task, step: Step, cache: Cache) -> KataGrade | None:
    """The grade of a task, where no run is needed; None where one is."""
    contents = {name: read_or_none(path) for name, path in sorted(task.files.items())}
    if is_missing(task.case, task.files):
        words = "None of the files to edit is there."
        return KataGrade("missing", message=words, remarks=tuple(task.remarks))
    task.digest = digest_all(contents)
    task.key = key_of(task.case, contents, step.name)
    known = cache.get(task.key)
    if known is not None:
        # What was noticed while the files were opened is no part of the verdict.
        return replace(known, remarks=_joined(known.remarks, task.remarks))
    if task.digest == task.case.stub:
        return KataGrade("untouched", digest=task.digest, remarks=tuple(task.remarks))
    return None


def keep(task: Task, grade: KataGrade, cache: Cache) -> None:
    """Keep a grade for the next time; without the remarks that are not the verdict's."""
    with contextlib.suppress(OSError):  # a full disk must not end the batch
        cache.put(task.key, replace(grade, remarks=tuple(sorted(task.noticed))))


def _notice(job: Job, event: dict[str, Any]) -> None:
    """Keep what a run tells besides its tests."""
    if event["event"] == "left":
        job.key.noticed.add("It left processes behind; they were ended.")
    elif event["event"] == "nonsense":
        job.key.noticed.add("Something else than the suite wrote into the run's results.")


def _canary(tests: tuple[str, ...]) -> str:
    """A name as the suite's tests have them."""
    words = [word for test in tests for word in re.findall("[a-z]+", test)] or ["answer"]
    while True:
        name = "_".join(["test", *random.sample(words, min(4, len(words)))])
        if name not in tests:
            return name


def _may_be_the_machine(verdict: Verdict) -> bool:
    if verdict.kind == "unavailable":
        return True
    late = sum(test.outcome == "timeout" for test in verdict.tests)
    return verdict.kind == "timeout" and 0 < late <= _FEW and not verdict.message.startswith("Stop")


def _disagreement(case: Case, verdict: Verdict) -> TestResult | str:
    """A test that passed inside and does not outside; "" for none."""
    outcomes = {test.id: test for test in verdict.tests}
    for name in case.tests:
        if name in case.outside and name not in outcomes:
            return verdict.message or "The judge outside came to no end."
        if name in case.outside and outcomes[name].outcome != "passed":
            return outcomes[name]
    return ""


def _tampered(task: Task, verdict: Verdict, against: TestResult | str) -> KataGrade:
    if isinstance(against, str):
        grade = _grade(task, verdict, 0)
        words = against
    else:
        assert task.inside is not None
        grade = _grade(task, replace(verdict, tests=(against,)), 0)
        words = against.failure.message if against.failure else verdict.message or "It did not run."
    message = (
        "It passes where the app shares a process with the suite, and fails where it does not: "
        f"{words}"
    )
    return replace(grade, verdict="tampered", passed=0, message=message, advice="")


def _grade(task: Task, verdict: Verdict, outside: int) -> KataGrade:
    test = verdict.first_failure if verdict.kind != "solved" else None
    failure = test.failure if test is not None else None
    place = failure.file if failure and failure.file else verdict.file
    line = failure.line if failure and failure.file else verdict.line
    kind: Any = verdict.kind
    return KataGrade(
        kind,
        verdict.passed,
        outside,
        test.id if test else "",
        test.sentence if test else "",
        _plain(task, verdict.message or (failure.message if failure else "")),
        verdict.advice or (failure.advice if failure else ""),
        f"{_inside_kata(task, place)}:{line}" if place else "",
        tuple(_without_folders(task, e) for e in test.exchanges[-_SHOWN_EXCHANGES:])
        if test
        else (),
        _joined(sorted(task.noticed), task.remarks),
        round(task.seconds, 3),
        task.digest,
    )


def _joined(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def _inside_kata(task: Task, path: str) -> str:
    return path.rpartition(f"/{task.case.kata.name}/")[2]


def _plain(task: Task, text: str) -> str:
    """A text without the scratch folder that the kata was staged into."""
    return re.sub(rf"\S*/{re.escape(task.case.kata.name)}/", "", text)


def _without_folders(task: Task, exchange: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = dict(exchange)
    for name in ("handler", "error_place"):
        if isinstance(cleaned.get(name), dict):
            cleaned[name] = {**cleaned[name], "file": _inside_kata(task, cleaned[name]["file"])}
    return cleaned
