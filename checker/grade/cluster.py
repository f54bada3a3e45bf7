"""Grade on many machines: the workers of a Dask cluster, one submission a task.

The files travel with the task and the grades come back, so that workers share no folder. Each
worker has the checker installed, a cage of the same step, and a warm process of its own. A
worker that dies costs time: Dask gives its tasks to others.
Source: https://distributed.dask.org/en/stable/client.html
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.errors import CheckerError
from checker.files import read_or_none, write_whole
from checker.grade.cache import Cache, versions
from checker.grade.grades import KataGrade
from checker.grade.judging import Task, keep, without_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from checker.grade.bench import Case
    from checker.grade.judging import Judge
    from checker.isolation.ladder import Step

_CONNECT_SECONDS = 20
_WAITING = 200
"""So many submissions are with the cluster at once: enough for many workers, and their files
fit into the scheduler's memory."""

Files = dict[str, dict[str, bytes]]
"""By kata, then by the file's name in the kata's folder."""


class Cluster:
    """Grades tasks on a cluster.

    Args:
        client: a connected Dask client.
        step: the isolation that every worker must have.
        cache: verdicts that are known here.
    """

    def __init__(self, client: Any, step: Step, cache: Cache) -> None:
        self._client = client
        self._step = step
        self._cache = cache

    def grade(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, KataGrade]]:
        """Grade tasks; those of one submission go to one worker.

        Raises:
            CheckerError: the workers cannot grade as asked for.
        """
        import distributed

        engine: Any = distributed  # it has no types for this
        running = engine.as_completed(loop=self._client.loop, with_results=True, raise_errors=False)
        sent: dict[str, dict[str, Task]] = {}
        batches = self._batches(tasks)
        known: list[tuple[Task, KataGrade]] = []

        def send() -> None:
            while len(sent) < _WAITING:
                batch = next(batches, None)
                if batch is None:
                    return
                unknown = {}
                for task in batch:
                    grade = without_run(task, self._step, self._cache)
                    if grade is None:
                        unknown[task.case.kata.name] = task
                    else:
                        known.append((task, grade))
                if unknown:
                    files = {name: _contents(task) for name, task in unknown.items()}
                    remarks = {name: task.remarks for name, task in unknown.items()}
                    future = self._client.submit(
                        grade_files, files, remarks, self._step.name, versions(), pure=False
                    )
                    sent[future.key] = unknown
                    running.add(future)

        while True:
            send()
            yield from known
            known.clear()
            if not sent:
                return
            future, result = next(running)
            mine = sent.pop(future.key)
            if future.status != "finished":
                raise CheckerError(f"The cluster could not grade: {_reason(future)}")
            for name, task in mine.items():
                grade = KataGrade(**result[name])
                task.seconds = grade.seconds
                keep(task, grade, self._cache)
                yield task, grade

    def _batches(self, tasks: Iterable[Task]) -> Iterator[list[Task]]:
        """The tasks of one submission after another."""
        batch: list[Task] = []
        for task in tasks:
            if batch and batch[-1].who is not task.who:
                yield batch
                batch = []
            batch.append(task)
        if batch:
            yield batch


def _reason(future: Any) -> str:
    error = future.exception()
    return str(error) or type(error).__name__


def _contents(task: Task) -> dict[str, bytes]:
    return {name: read_or_none(path) or b"" for name, path in task.files.items()}


@contextlib.contextmanager
def open_cluster(
    address: str, step: Step, cache: Cache, cases: Sequence[Case]
) -> Iterator[Cluster]:
    """Connect to a Dask scheduler.

    Raises:
        CheckerError: Dask is not installed, or the scheduler does not answer.
    """
    try:
        import distributed
    except ImportError as error:
        raise CheckerError(
            "Grading on a cluster needs Dask: pip install -c constraints.txt -e '.[cluster]'"
        ) from error
    try:
        engine: Any = distributed  # it has no types for this
        client = engine.Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise CheckerError(
            f"No Dask scheduler answers at {address} ({error}). Start one with "
            "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`."
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise CheckerError(
                f"The scheduler at {address} has no workers. "
                f"Start some: dask worker {address} --nthreads 1"
            )
        yield Cluster(client, step, cache)


def grade_files(
    files: Files, remarks: dict[str, list[str]], step: str, wanted: dict[str, str]
) -> dict[str, dict[str, Any]]:
    """Grade one submission; called on a worker.

    Args:
        files: what is judged.
        remarks: by kata, what was noticed when the submission was opened.
        step: the isolation, which must be to be had here too.
        wanted: the versions of whoever asks, which must be the same here.

    Returns:
        By kata, the fields of its `KataGrade`.

    Raises:
        CheckerError: this worker must not grade.
    """
    if versions() != wanted:
        raise CheckerError(f"a worker has other versions: {versions()} instead of {wanted}")
    cases, judge, scratch = _bench(step)
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        tasks = []
        for name, contents in files.items():
            for file, data in contents.items():
                write_whole(folder / name / file, data)
            paths = {file: folder / name / file for file in contents}
            tasks.append(Task("", cases[name], paths, list(remarks.get(name, ()))))
        return {task.case.kata.name: asdict(grade) for task, grade in judge.grade(tasks)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _bench(step: str) -> tuple[dict[str, Case], Judge, Path]:
    """What a worker needs for every task, set up with its first one."""
    from checker.candidate import Slots
    from checker.grade.bench import unpack
    from checker.grade.judging import Judge
    from checker.grade.runner import open_caged_runner
    from checker.isolation.ladder import choose
    from checker.scratch import scratch_folder

    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    chosen = choose(step)
    scratch = stack.enter_context(scratch_folder())
    for name in ("pristine", "slots", "submissions"):
        (scratch / name).mkdir()
    (scratch / "slots").chmod(0o711)
    cases = {case.kata.name: case for case in unpack(scratch / "pristine")}
    os.environ.setdefault("KATA_WORKSPACE", str(scratch / "pristine"))
    runner = stack.enter_context(open_caged_runner(scratch))
    slots = Slots(scratch / "slots")
    judge = Judge(runner, chosen, Cache(None), slots, at_once=1)
    return cases, judge, scratch / "submissions"
