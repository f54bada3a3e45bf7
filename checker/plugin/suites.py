"""A kata's suite as pytest sees it, and what one of its tests has done so far."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from checker.catalog import SUITE
from checker.errors import KataFileError
from checker.katafile import KataFile, read_kata_file
from checker.plugin.limits import time_limit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker.harness.exchanges import Exchange
    from checker.verdict import Failure


@dataclass(frozen=True)
class Suite:
    """A kata's suite.

    Attributes:
        path: of its ``test_app.py``.
        file: what the kata's ``kata.toml`` says.
    """

    path: Path
    file: KataFile

    @property
    def folder(self) -> Path:
        """The kata's folder."""
        return self.path.parent

    @property
    def not_mine(self) -> frozenset[str]:
        """The files in the folder that the learner did not write."""
        return frozenset({self.path.name, *self.file.given})

    @property
    def name(self) -> str:
        """The kata's name, level and folder."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def suite_of(item: pytest.Item) -> Suite | None:
    """The suite that a test belongs to; None for a test that is no kata's.

    Raises:
        pytest.UsageError: the kata's ``kata.toml`` breaks the format.
    """
    return _suite_at(item.path)


@cache
def _suite_at(path: Path) -> Suite | None:
    if path.name != SUITE or not (path.parent / "kata.toml").is_file():
        return None
    try:
        return Suite(path, read_kata_file(path.parent / "kata.toml"))
    except KataFileError as error:
        name = f"{path.parent.parent.name}/{path.parent.name}"
        raise pytest.UsageError(
            f"{error}\nBring the original back with: checker reset {name} --suite"
        ) from None


_current: list[bool] = []


def current() -> bool:
    """Whether a kata's test is being run at this moment."""
    return bool(_current)


@dataclass
class TestRun:
    """What one test of a suite has done so far.

    Attributes:
        suite: the suite.
        seed: what its made-up values are drawn from.
        exchanges: its requests with their answers.
        frozen: the same as they were when the test failed: what happens to a request while the
            app is being stopped is not the learner's concern.
        unusable: why the learner's code could not be executed, if so.
    """

    __test__ = False

    suite: Suite
    seed: str
    exchanges: list[Exchange] = field(default_factory=list)
    frozen: list[dict[str, Any]] | None = None
    unusable: BaseException | None = None
    outcome: str = "not run"
    seconds: float = 0.0
    failure: Failure | None = None
    output: str = ""

    @contextlib.contextmanager
    def time_limit(self) -> Iterator[None]:
        """Limit the block to the kata's seconds, with comparisons explained for a learner."""
        _current.append(True)
        try:
            with time_limit(self.suite.file.test_seconds):
                yield
        finally:
            _current.pop()

    def take(
        self,
        report: pytest.TestReport,
        call: pytest.CallInfo[None],
        lost: BaseException | None = None,
    ) -> None:
        """Take over what one phase of the test came to, and reword its failure.

        Args:
            report: of the phase; it is changed.
            call: how the phase ended.
            lost: what the failure is really about, when the test could not do its work.
        """
        self.seconds += report.duration
        if report.outcome == "failed" and call.excinfo is not None:
            if self.failure is None:
                from checker.plugin.failures import describe, outcome_of

                unusable = self.unusable if report.when == "setup" else None
                error = lost or unusable or call.excinfo.value
                self.outcome = outcome_of(error)
                limit = self.suite.file.test_seconds
                self.failure = describe(
                    error, self.suite.path, self.suite.not_mine, self.exchanges, limit
                )
                self.frozen = [exchange.data() for exchange in self.exchanges]
            # pytest asks of it what LearnerRepr has; its own base class is private.
            report.longrepr = LearnerRepr(self)  # type: ignore[assignment]
            if self.outcome == "unavailable" and self.failure is not None:
                # Nothing was proved, so that nothing is red either, in an editor as in a terminal.
                skipped = pytest.skip.Exception(self.failure.message)
                call.excinfo = pytest.ExceptionInfo.from_exception(
                    skipped.with_traceback(call.excinfo.tb)
                )
                report.outcome = "skipped"
                report.longrepr = (str(self.suite.path), 0, self.failure.message)
        elif report.outcome == "skipped" and self.failure is None:
            self.outcome = "skipped"
        elif report.when == "call" and self.failure is None:
            self.outcome = "passed"
        if report.when == "teardown":
            self.output = "".join(text for title, text in report.sections if "Captured" in title)

    def shown_exchanges(self) -> list[dict[str, Any]]:
        """The exchanges as JSON data."""
        if self.frozen is not None:
            return self.frozen
        return [exchange.data() for exchange in self.exchanges]

    def finished(self, test: str) -> dict[str, Any]:
        """The event that says what came of the test."""
        return {
            "event": "finished",
            "id": test,
            "outcome": self.outcome,
            "seconds": self.seconds,
            "failure": vars(self.failure) if self.failure else None,
            "exchanges": self.shown_exchanges(),
            "output": self.output,
        }


KATA_RUN = pytest.StashKey[TestRun]()


class LearnerRepr:
    """A failure as plain pytest and editors show it: the lines that a learner reads.

    It stands in for pytest's own representation, whose ``reprcrash`` editors read too.
    """

    def __init__(self, run: TestRun) -> None:
        from checker.views.failure import failure_lines

        assert run.failure is not None
        failure = run.failure
        self.lines = failure_lines(failure, run.shown_exchanges(), run.suite.folder)
        self.reprcrash = _Crash(str(run.suite.path), failure.test_line, failure.message)
        self.reprtraceback = None

    def toterminal(self, writer: Any) -> None:
        """Write the lines to pytest's terminal writer."""
        for line in self.lines:
            writer.line(line)

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class _Crash:
    path: str
    lineno: int
    message: str
