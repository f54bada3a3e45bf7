"""Verdicts in the form that GitHub Classroom's autograding reporter reads.

The reporter (https://github.com/classroom-resources/autograding-grading-reporter, ``src/main.js``)
takes from the environment, for each runner that it is told of, ``<RUNNER>_RESULTS``: base64 of
JSON with ``status`` (``pass``, ``fail``, ``error``), ``max_score`` and ``tests``, each with
``name``, ``status``, ``score``, ``message``, ``test_code`` and ``line_no``; the points are the sum
of the tests' ``score`` (``src/notify-classroom.js``). ``version``, ``filename`` and
``execution_time`` are what the graders beside it send, too
(https://github.com/classroom-resources/autograding-python-grader, ``runner/__init__.py``, and
``bin/run.sh``, which writes ``result=<base64>`` to ``GITHUB_OUTPUT``).
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from checker.errors import CheckerError
from checker.planned import planned_tests
from checker.views.verdicts import HEADLINES
from checker.workspace import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.catalog import Kata
    from checker.verdict import TestResult, Verdict

VERSION = 3
MOST_BYTES = 120_000
"""The reporter gets a result as one environment variable; Linux allows 128 KiB for one
(``MAX_ARG_STRLEN``, https://man7.org/linux/man-pages/man2/execve.2.html)."""
_CUTS = (2000, 500, 150, 50, 0)


def result_text(verdicts: Sequence[tuple[Kata, Verdict]]) -> str:
    """The base64 of the result of one runner, cut so that it fits into its variable.

    Raises:
        CheckerError: there are too many tests for one result.
    """
    for cut in _CUTS:
        data = json.dumps(result_data(verdicts, cut), separators=(",", ":")).encode()
        text = base64.b64encode(data).decode()
        if len(text) <= MOST_BYTES:
            return text
    raise CheckerError(
        "These are too many katas for one result of GitHub Classroom. "
        "Give each level a step of its own: checker check beginner --classroom"
    )


def result_data(verdicts: Sequence[tuple[Kata, Verdict]], cut: int = _CUTS[0]) -> dict[str, Any]:
    """The result of one runner.

    A step that passed is a point. Guards are no points; one that does not hold is listed. A suite
    that timed out or crashed keeps the points of the steps that passed before; one that was
    changed has none. The most points are always the steps of the original suite.

    Args:
        verdicts: katas with their verdicts.
        cut: how many characters a message may have.
    """
    entries, most = [], 0
    for kata, verdict in verdicts:
        tests = _counted(kata, verdict)
        entries += _entries(kata, verdict, tests, cut)
        most += sum(not test.guard for test in tests)
    kinds = {verdict.kind for _, verdict in verdicts}
    status = "pass" if kinds <= {"solved"} else "fail"
    if kinds - {"solved", "failing", "untouched"}:
        status = "error"
    return {"version": VERSION, "status": status, "max_score": most, "tests": entries}


def _counted(kata: Kata, verdict: Verdict) -> tuple[TestResult, ...]:
    """The tests of the run, or the original suite's when the run was not of these."""
    planned = planned_tests(kata)
    names = [{test.id.partition("[")[0] for test in tests} for tests in (planned, verdict.tests)]
    same = names[0] == names[1]
    return planned if planned and (verdict.kind == "tampered" or not same) else verdict.tests


def _entries(
    kata: Kata, verdict: Verdict, tests: Sequence[TestResult], cut: int
) -> list[dict[str, Any]]:
    listed = [
        _entry(kata, verdict, test, cut)
        for test in tests
        if not test.guard or test.outcome != "passed"
    ]
    if verdict.kind != "solved" and all(entry["status"] == "pass" for entry in listed):
        listed.append(_whole(kata, verdict, cut))
    return listed


def _entry(kata: Kata, verdict: Verdict, test: TestResult, cut: int) -> dict[str, Any]:
    sentence = f"{kata.level} {kata.number:02}: {test.sentence}"
    passed = test.outcome == "passed"
    status = "pass" if passed else "fail" if test.outcome == "failed" else "error"
    words, code = "", ""
    if not passed:
        # The reporter shows an error's message without its name, and a failure's name and code
        # without its message.
        words = _what_happened(verdict, test)
        code = "\n".join(f"# {line}" for line in words.splitlines()) if status == "fail" else ""
        if test.failure is not None and test.failure.test_text and code:
            code = f"{test.failure.test_text}\n{code}"
        words = f"{sentence} {words}" if status == "error" else words
    return {
        "name": _harmless(sentence, 300),
        "status": status,
        "score": int(passed and not test.guard),
        "message": _harmless(words, cut),
        "test_code": _harmless(code, cut),
        "filename": f"katas/{kata.name}/test_app.py",
        "line_no": test.line,
        "execution_time": test.seconds,
    }


def _what_happened(verdict: Verdict, test: TestResult) -> str:
    if test.failure is not None:
        return f"{test.failure.message}\n{test.failure.advice}".strip()
    return f"{verdict.message or 'It did not run.'}\n{verdict.advice}".strip()


def _whole(kata: Kata, verdict: Verdict, cut: int) -> dict[str, Any]:
    """An entry for what is no matter of single tests."""
    name = f"{kata.level} {kata.number:02} {title_of(kata)}: {HEADLINES[verdict.kind]}"
    return {
        "name": _harmless(name, 300),
        "status": "error",
        "score": 0,
        "message": _harmless(f"{name}. {verdict.message}\n{verdict.advice}".strip(), cut),
        "test_code": "",
        "filename": f"katas/{kata.name}/test_app.py",
        "line_no": 0,
        "execution_time": verdict.seconds,
    }


def _harmless(text: str, most: int) -> str:
    """The text, cut, and such that the log takes no line of it for a workflow command."""
    return re.sub(":(?=:)", ": ", text).replace("##[", "## [")[:most]
