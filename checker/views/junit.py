"""Grades, progress and runs as JUnit XML, for whatever shows test results.

A class and a learner have a suite a learner, a run of suites has a suite a kata.

The shape is the one that pytest and most readers agree on: ``testsuites``, ``testsuite`` and
``testcase`` with ``failure``, ``error`` or ``skipped`` inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from checker.grade.insight import level_of, number_of
from checker.views.exchanges import exchange_blocks
from checker.views.failure import failure_lines
from checker.views.kinds import grade_words
from checker.views.progress import STATE_WORDS
from checker.views.untrusted import LINE, MESSAGE, NAME, one_line, some_lines, visible
from checker.views.verdicts import HEADLINES
from checker.workspace import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.catalog import Kata
    from checker.grade.grades import Grades, KataGrade, KataInfo, SubmissionGrade
    from checker.standing import Standing
    from checker.verdict import TestResult, Verdict

_MOST_TEXT = 20_000
_SKIPPED = ("untouched", "missing", "unavailable")


def grades_junit(grades: Grades) -> str:
    """A class's grades: a suite a submission, a test case a kata.

    ``failing`` is a failure; what never came to its end is an error, and so is ``tampered``; what
    was not begun or could not be judged is skipped. Valid XML 1.0 whatever the texts hold.
    """
    suites = ElementTree.Element("testsuites", name="FastAPI katas")
    for one in grades.submissions:
        suite = ElementTree.SubElement(suites, "testsuite", name=_name(one.name))
        suite.set("timestamp", one_line(grades.time, NAME))
        for kata in grades.katas:
            if kata.name in one.katas:
                _grade_case(suite, one, kata)
        if one.problem:
            case = ElementTree.SubElement(suite, "testcase", name="submission", classname="grade")
            _add(case, "error", "not graded", one.problem, "")
        _count(suite)
    _count(suites)
    return _text(suites)


def learner_junit(standing: Standing) -> str:
    """A learner's progress: one suite, a test case a kata, by the last verdict on these files."""
    suites = ElementTree.Element("testsuites", name="FastAPI katas")
    suite = ElementTree.SubElement(suites, "testsuite", name=_name(standing.name))
    for one in standing.katas:
        state, kata = one.progress, one.progress.kata
        case = _case(suite, kata.level, f"{kata.number:02}", title_of(kata))
        words = STATE_WORDS[state.state]
        if state.state == "failing":
            _add(case, "failure", state.state, f"{words}, {state.passed} of {state.total}", "")
        elif state.state in ("broken", "timeout", "crashed", "tampered"):
            _add(case, "error", state.state, words, "")
        elif state.state != "solved":
            _add(case, "skipped", state.state, words, "")
    _count(suite)
    _count(suites)
    return _text(suites)


def verdicts_junit(verdicts: Iterable[tuple[Kata, Verdict]]) -> str:
    """A run of suites: one a kata, a test case a test, named by its sentence.

    A kind that is no matter of a single test, as a crash, is a case of its own, so that no
    reader takes the suite for a good one.
    """
    suites = ElementTree.Element("testsuites", name="FastAPI katas")
    for kata, verdict in verdicts:
        name = _name(f"{kata.name} {title_of(kata)}")
        suite = ElementTree.SubElement(suites, "testsuite", name=name)
        for test in verdict.tests:
            _test_case(suite, kata, test)
        shown = [suite.find(f"testcase/{tag}") for tag in ("failure", "error")]
        if verdict.kind != "solved" and shown == [None, None]:
            words = HEADLINES[verdict.kind]
            case = _case(suite, kata.level, f"{kata.number:02}", f"{title_of(kata)}: {words}")
            message = verdict.message or words
            text = f"{message}\n{verdict.advice}\n{verdict.output}".strip()
            _add(case, "error", verdict.kind, message, visible(text)[:_MOST_TEXT])
        _count(suite)
    _count(suites)
    return _text(suites)


def _test_case(suite: ElementTree.Element, kata: Kata, test: TestResult) -> None:
    name, group = one_line(test.sentence, LINE), f"{kata.level}.{kata.folder.name}"
    case = ElementTree.SubElement(suite, "testcase", name=name, classname=group)
    case.set("time", f"{test.seconds:.3f}")
    if test.failure is not None:
        lines = [test.id, *failure_lines(test.failure, test.exchanges, kata.folder)]
        tag = "failure" if test.outcome == "failed" else "error"
        message = one_line(test.failure.message, MESSAGE)
        _add(case, tag, test.outcome, message, visible("\n".join(lines))[:_MOST_TEXT])
    elif test.outcome != "passed":
        _add(case, "skipped", test.outcome, test.outcome, "")
    if test.output.strip():
        printed = ElementTree.SubElement(case, "system-out")
        printed.text = visible(test.output)[:_MOST_TEXT]


def _name(text: str) -> str:
    return one_line(text, NAME) or "(no name)"


def _case(suite: ElementTree.Element, level: str, number: str, title: str) -> ElementTree.Element:
    name = one_line(f"{number} {title}", LINE)
    classname = one_line(level, NAME)
    return ElementTree.SubElement(suite, "testcase", name=name, classname=classname)


def _grade_case(suite: ElementTree.Element, one: SubmissionGrade, kata: KataInfo) -> None:
    grade = one.katas[kata.name]
    case = _case(suite, level_of(kata.name), number_of(kata.name), kata.title)
    case.set("time", f"{grade.seconds:.3f}")
    if grade.verdict == "failing":
        _add(case, "failure", "failing", grade.sentence or grade.message, _details(grade, kata))
    elif grade.verdict in _SKIPPED:
        words = grade.message or grade_words(grade, kata)
        _add(case, "skipped", grade.verdict, words, "")
    elif grade.verdict != "solved":
        words = grade.message or grade_words(grade, kata)
        _add(case, "error", grade.verdict, words, _details(grade, kata))


def _details(grade: KataGrade, kata: KataInfo) -> str:
    lines = [grade_words(grade, kata), ""]
    for block in exchange_blocks(grade.exchanges):
        lines += block
    lines += some_lines(grade.message) + some_lines(grade.advice) + [one_line(grade.place)]
    lines += [one_line(remark) for remark in grade.remarks]
    return "\n".join(lines).strip()


def _add(case: ElementTree.Element, tag: str, kind: str, message: str, text: str) -> None:
    element = ElementTree.SubElement(case, tag, type=kind, message=one_line(message))
    element.text = text or None


def _count(suite: ElementTree.Element) -> None:
    cases = list(suite.iter("testcase"))
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _text(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode")
