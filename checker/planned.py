"""Which tests a kata's original suite has, read without running any of it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from checker import pristine
from checker.catalog import SUITE
from checker.files import read_or_none
from checker.grade.known import read_known
from checker.verdict import TestResult

if TYPE_CHECKING:
    from checker.catalog import Kata

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def planned_tests(kata: Kata) -> tuple[TestResult, ...]:
    """The tests of the original suite, in the order of the file, as ones that did not run.

    A run that dies early, or whose suite was changed, cannot say how many tests there are.

    Args:
        kata: the kata; one that is not packed is read from its folder.

    Returns:
        The tests; none when there is no suite, or it cannot be parsed.
    """
    source = pristine.packed_files(f"katas/{kata.name}").get(SUITE) or read_or_none(kata.suite)
    try:
        tree = ast.parse(source or b"")
    except (SyntaxError, ValueError):
        return ()
    tests = {node.name: _test(node) for node in tree.body if isinstance(node, _FUNCTIONS)}
    tests = {name: test for name, test in tests.items() if name.startswith("test")}
    # A test that runs for several parameters stands in the suite once.
    known = [one.id for one in read_known().get(kata.name, ())]
    if {_base(name) for name in known} != set(tests):
        return tuple(tests.values())
    return tuple(replace(tests[_base(name)], id=name) for name in known)


def _test(node: ast.FunctionDef | ast.AsyncFunctionDef) -> TestResult:
    sentence = (ast.get_docstring(node) or node.name).splitlines()[0]
    guard = any("guard" in ast.unparse(mark) for mark in node.decorator_list)
    return TestResult(node.name, sentence, guard, node.lineno)


def _base(name: str) -> str:
    return name.partition("[")[0]
