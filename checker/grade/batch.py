"""Grade a batch of submissions: open each, judge its katas, and put the grades together."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from checker import journal
from checker.candidate import Slots
from checker.errors import CheckerError, SubmissionError
from checker.grade.bench import Case, unpack
from checker.grade.cache import Cache, versions
from checker.grade.grades import Grades, KataGrade, KataInfo, SubmissionGrade
from checker.grade.history import read_history
from checker.grade.judging import Judge, Task
from checker.grade.opening import OpenedKata, open_submission
from checker.grade.runner import open_caged_runner
from checker.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from checker.grade.grades import History
    from checker.grade.submissions import Submission
    from checker.isolation.ladder import Step


_TRIES = 3
"""How often a reference may be tried until it is solved."""


class Engine(Protocol):
    """Whatever turns tasks into grades: a `Judge` here, or a cluster."""

    def grade(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, KataGrade]]:
        """Grade tasks; each is yielded as soon as its grade is known."""


class Watcher(Protocol):
    """Who is told how far a batch is."""

    def trying(self, done: int, total: int) -> None:
        """So many katas were tried out with their reference."""

    def graded(self, done: int, total: int, solved: int) -> None:
        """So many katas of submissions are graded."""


@dataclass(frozen=True)
class Options:
    """How a batch is graded.

    Attributes:
        step: the isolation.
        katas: the names of the katas that are graded; None for all.
        at_once: how many runs at the same time.
        cache: where verdicts are kept; None for nowhere.
        cluster: the address of a Dask scheduler; "" to grade here.
    """

    step: Step
    katas: tuple[str, ...] | None = None
    at_once: int = 1
    cache: Path | None = None
    cluster: str = ""


@dataclass
class _Sheet:
    """A submission's grades as they come in."""

    submission: Submission
    folder: Path
    problem: str = ""
    commit: str = ""
    remarks: tuple[str, ...] = ()
    katas: dict[str, KataGrade] = field(default_factory=dict)
    history: dict[str, History] = field(default_factory=dict)


def grade_all(submissions: Sequence[Submission], options: Options, watcher: Watcher) -> Grades:
    """Grade submissions.

    What is known is kept as it comes, so that a batch which was interrupted goes on where it
    was when it is started again.

    Args:
        submissions: what was found.
        options: how to grade.
        watcher: is told how far it is.

    Raises:
        CheckerError: nothing can be graded at all.
    """
    with scratch_folder() as scratch:
        cases = unpack(_made(scratch / "pristine"), options.katas)
        opened = _made(scratch / "opened")
        sheets = [_Sheet(one, opened / str(n)) for n, one in enumerate(submissions)]
        with open_engine(options, scratch, cases) as engine:
            unusable = _try_out(engine, cases, watcher)
            usable = [case for case in cases if case.kata.name not in unusable]
            total, done, solved = len(sheets) * len(usable), 0, 0
            watcher.graded(done, total, solved)
            for task, grade in engine.grade(_tasks(sheets, usable)):
                sheet: _Sheet = task.who
                sheet.katas[task.case.kata.name] = grade
                if len(sheet.katas) == len(usable):
                    shutil.rmtree(sheet.folder, ignore_errors=True)
                done, solved = done + 1, solved + (grade.verdict == "solved")
                watcher.graded(done, total, solved)
    return Grades(
        journal.now(),
        options.step.name,
        options.step.layers,
        versions(),
        tuple(KataInfo(c.kata.name, c.kata.title, c.steps, c.digest) for c in cases),
        tuple(_finished(s, cases, unusable) for s in sorted(sheets, key=_name_of)),
    )


@contextlib.contextmanager
def open_engine(options: Options, scratch: Path, cases: Sequence[Case]) -> Iterator[Engine]:
    """What grades: this machine, or a cluster."""
    cache = Cache(options.cache)
    if options.cluster:
        from checker.grade.cluster import open_cluster

        with open_cluster(options.cluster, options.step, cache, cases) as engine:
            yield engine
        return
    with open_caged_runner(scratch) as runner:
        slots = Slots(_made(scratch / "slots"))
        yield Judge(runner, options.step, cache, slots, options.at_once)


def _made(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o711)
    return folder


def _try_out(engine: Engine, cases: Sequence[Case], watcher: Watcher) -> dict[str, str]:
    """Judge the references: where one is not solved, this machine cannot judge that kata.

    Returns:
        Why not, by kata.
    """
    problems: dict[str, str] = {}
    left = list(cases)
    watcher.trying(0, len(cases))
    # A busy machine may be too slow for a moment, and that is nobody's fault.
    for _ in range(_TRIES):
        problems.clear()
        tasks = [Task(None, case, dict(case.reference.files)) for case in left]
        for task, grade in engine.grade(tasks):
            if grade.verdict != "solved":
                problems[task.case.kata.name] = f"{grade.verdict}: {grade.message}"
            watcher.trying(len(cases) - len(problems), len(cases))
        left = [case for case in left if case.kata.name in problems]
        if not left:
            break
    if cases and len(problems) == len(cases):
        name, words = next(iter(problems.items()))
        raise CheckerError(
            f"No kata can be judged on this machine. Even its own solution of {name} is {words}"
        )
    return problems


def _tasks(sheets: Sequence[_Sheet], cases: Sequence[Case]) -> Iterator[Task]:
    """The tasks of every submission; each is opened when its turn has come."""
    catalog = [case.kata for case in cases]
    names = [kata.name for kata in catalog]
    for sheet in sheets:
        opened = None
        try:
            opened = open_submission(sheet.submission, sheet.folder, catalog)
        except SubmissionError as error:
            sheet.problem = str(error)
        sheet.remarks = sheet.submission.remarks
        if opened is not None:
            sheet.commit, sheet.remarks = opened.commit, (*sheet.remarks, *opened.remarks)
            if opened.journal is not None:
                sheet.history = read_history(opened.journal, names)
        for case in cases:
            # A task also where nothing could be opened, so that the count is right.
            found = opened.katas[case.kata.name] if opened is not None else OpenedKata()
            yield Task(sheet, case, dict(found.files), list(found.remarks))


def _name_of(sheet: _Sheet) -> tuple[str, str]:
    return sheet.submission.name.casefold(), str(sheet.submission.source)


def _finished(sheet: _Sheet, cases: Sequence[Case], unusable: dict[str, str]) -> SubmissionGrade:
    katas = {}
    for case in cases:
        name = case.kata.name
        if sheet.problem:
            continue
        if name in unusable:
            words = f"This machine cannot judge it: its own solution is {unusable[name]}"
            katas[name] = KataGrade("unavailable", message=words)
        else:
            katas[name] = sheet.katas[name]
    return SubmissionGrade(
        sheet.submission.name,
        str(sheet.submission.source),
        sheet.commit,
        sheet.problem,
        katas,
        sheet.history,
        sheet.remarks,
    )
