"""Failed comparisons are put into plain words."""

from __future__ import annotations

from typing import Any

import pytest

from checker.harness.client import Status
from checker.plugin.compare import differences, explain, forget, keep, kept_lines


@pytest.mark.parametrize(
    ("op", "left", "right", "said"),
    [
        ("==", Status(404, "GET /x"), 200, "GET /x answered 404 Not Found; expected 200 OK."),
        ("in", Status(500, "GET /x"), (200, 204),
         "GET /x answered 500 Internal Server Error; expected 200 OK or 204 No Content."),
        ("!=", Status(200, "GET /x"), 200, "GET /x answered 200 OK; anything else was expected."),
        ("==", 1, 2, "got 1, expected 2"),
        ("in", "a", ["b"], "'a' is not in ['b']."),
        ("not in", "a", "cat", "'a' should not be in 'cat'."),
        (">=", 1, 2, "Got 1; expected a value >= 2."),
        ("is", None, True, "Got None; expected True."),
    ],
)  # fmt: skip
def test_comparisons(op: str, left: Any, right: Any, said: str) -> None:
    found = explain(op, left, right)
    assert found is not None
    assert found.lines == [said]
    assert found.weak == (op != "==" and not isinstance(left, Status))


@pytest.mark.parametrize(
    ("got", "expected", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a: got 1, expected 2"]),
        ({}, {"a": 2}, ["a: missing, expected 2"]),
        ({"a": 1, "b": 2}, {"a": 1}, ["b: not expected, got 2"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ["a.b[1]: got 2, expected 3"]),
        ([1], [1, 2], ["got 1 items, expected 2", "  got      [1]", "  expected [1, 2]"]),
        ({1, 2}, {2, 3}, ["missing 3", "not expected 1"]),
        ("a", "b", ["got 'a', expected 'b'"]),
    ],
)
def test_differences_name_the_place(got: Any, expected: Any, lines: list[str]) -> None:
    assert differences(got, expected) == lines


def test_a_long_difference_is_cut() -> None:
    found = explain("==", {f"k{n}": n for n in range(50)}, {})
    assert found is not None
    assert len(found.lines) == 13
    assert found.lines[-1] == "and 38 differences more"


def test_the_whole_is_found_again_by_what_pytest_was_given() -> None:
    given = keep("==", {f"k{n}": n for n in range(12)}, {})
    assert given is not None
    assert len(given) == 1, "pytest cuts what is longer"
    found = kept_lines(f"assert {given[0]}")
    assert found is not None
    assert len(found.lines) == 12
    forget()
    assert kept_lines("assert 1 == 2") is None
