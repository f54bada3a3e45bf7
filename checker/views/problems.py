"""A verdict as one line a failure, ``file:line: error: message``, which editors read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.views.failure import shown_path
from checker.workspace import main_file

if TYPE_CHECKING:
    from checker.catalog import Kata
    from checker.verdict import TestResult, Verdict


def problem_lines(verdict: Verdict, kata: Kata) -> list[str]:
    """The failures of a verdict, in the order of the suite; none when it is solved.

    Args:
        verdict: what came of the run.
        kata: the kata.

    Returns:
        Lines as ``katas/mid/…/app.py:35: error: POST /books answered 200 OK; … [test_add]``. The
        file is the learner's where a line of it is known, else the suite.
    """
    failed = [t for t in verdict.tests if t.failure is not None and t.outcome != "passed"]
    if verdict.message or not failed:
        if verdict.kind == "solved":
            return []
        file = verdict.file or str(main_file(kata))
        words = f"{verdict.message or 'not checked to the end'} {verdict.advice}".strip()
        return [_line(file, verdict.line, words)]
    return [_of_test(test, kata) for test in failed]


def _of_test(test: TestResult, kata: Kata) -> str:
    failure = test.failure
    assert failure is not None
    mine = failure.file and failure.line
    file = failure.file if mine else str(kata.folder / "test_app.py")
    line = failure.line if mine else failure.test_line or test.line
    return _line(file, line, f"{failure.message} [{test.id}]")


def _line(file: str, line: int, words: str) -> str:
    return f"{shown_path(file)}:{max(1, line)}: error: {' '.join(words.split())}"
