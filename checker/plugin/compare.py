"""Puts comparisons of suites into plain words.

By the convention of the suites, what came from the app stands on the left of ``==`` and what was
expected on the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from checker.harness.client import Status, status_words

MOST_LINES = 12
_LONG = 160


@dataclass(frozen=True)
class Explanation:
    """A failed comparison in plain words.

    Attributes:
        lines: what is said.
        weak: whether it only repeats what a suite's own words say better.
    """

    lines: list[str]
    weak: bool


_kept: list[Explanation] = []
_KEY = re.compile("\x1f(\\d+)\x1f")


def keep(op: str, left: Any, right: Any) -> list[str] | None:
    """Explain a failed comparison to pytest, which is given one line and a key to the whole.

    pytest cuts explanations after some lines; the whole is looked up with `kept_lines`.
    """
    found = explain(op, left, right)
    if found is None:
        return None
    _kept.append(found)
    return [f"{found.lines[0]}\x1f{len(_kept) - 1}\x1f"]


def kept_lines(text: str) -> Explanation | None:
    """The explanation whose key stands in what pytest made of it; None when there is none."""
    found = _KEY.search(text)
    return _kept[int(found[1])] if found else None


def forget() -> None:
    """Drop what was kept; called when a test has ended."""
    _kept.clear()


def explain(op: str, left: Any, right: Any) -> Explanation | None:
    """Explain a failed comparison.

    Args:
        op: as ``==`` or ``in``.
        left: what came.
        right: what was expected.

    Returns:
        None to leave it to pytest.
    """
    lines = _lines(op, left, right)
    if not lines:
        return None
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"and {len(lines) - MOST_LINES} differences more"]
    return Explanation(lines, weak=op != "==" and not isinstance(left, Status))


def _lines(op: str, left: Any, right: Any) -> list[str]:
    if isinstance(left, Status):
        return _status_lines(op, left, right)
    if op == "==":
        return differences(left, right)
    if op == "!=":
        return [f"Got {short(left)} both times; two different values were expected."]
    if op == "in":
        return [f"{short(left)} is not in {short(right)}."]
    if op == "not in":
        return [f"{short(left)} should not be in {short(right)}."]
    if op in ("<", "<=", ">", ">="):
        return [f"Got {short(left)}; expected a value {op} {short(right)}."]
    if op in ("is", "is not"):
        return [
            f"Got {short(left)}; expected {'' if op == 'is' else 'anything but '}{short(right)}."
        ]
    return []


def _status_lines(op: str, left: Status, right: Any) -> list[str]:
    answered = f"{left.asked} answered {status_words(left)}"
    if op == "==" and isinstance(right, int):
        return [f"{answered}; expected {status_words(right)}."]
    if op == "in" and isinstance(right, list | tuple | set | frozenset):
        return [f"{answered}; expected {' or '.join(status_words(code) for code in right)}."]
    if op == "!=" and isinstance(right, int):
        return [f"{answered}; anything else was expected."]
    return [f"{answered}."]


def differences(got: Any, expected: Any, path: str = "") -> list[str]:
    """Name where two values differ, deepest place first found.

    Args:
        got: what came.
        expected: what was expected.
        path: where in a larger value these stand, as ``items[2].price``.

    Returns:
        One line a difference; empty when the values are equal.
    """
    if type(got) is type(expected) and got == expected:
        return []
    if isinstance(got, dict) and isinstance(expected, dict):
        return _dict_differences(got, expected, path)
    if isinstance(got, list) and isinstance(expected, list):
        return _list_differences(got, expected, path)
    if isinstance(got, set | frozenset) and isinstance(expected, set | frozenset):
        return _set_differences(got, expected, path)
    if got == expected:
        return []
    place = f"{path}: " if path else ""
    return [f"{place}got {short(got)}, expected {short(expected)}"]


def _dict_differences(got: dict[Any, Any], expected: dict[Any, Any], path: str) -> list[str]:
    lines = []
    for key in expected:
        inner = f"{path}.{key}" if path else str(key)
        if key not in got:
            lines.append(f"{inner}: missing, expected {short(expected[key])}")
        else:
            lines += differences(got[key], expected[key], inner)
    for key in got:
        if key not in expected:
            inner = f"{path}.{key}" if path else str(key)
            lines.append(f"{inner}: not expected, got {short(got[key])}")
    return lines


def _list_differences(got: list[Any], expected: list[Any], path: str) -> list[str]:
    lines = []
    if len(got) != len(expected):
        place = f"{path}: " if path else ""
        lines.append(f"{place}got {len(got)} items, expected {len(expected)}")
        if len(got) + len(expected) <= 8:
            lines.append(f"  got      {short(got)}")
            lines.append(f"  expected {short(expected)}")
            return lines
    for index, (one, other) in enumerate(zip(got, expected, strict=False)):
        lines += differences(one, other, f"{path}[{index}]")
    return lines


def _set_differences(got: Any, expected: Any, path: str) -> list[str]:
    place = f"{path}: " if path else ""
    lines = []
    if expected - got:
        lines.append(f"{place}missing {', '.join(sorted(map(short, expected - got)))}")
    if got - expected:
        lines.append(f"{place}not expected {', '.join(sorted(map(short, got - expected)))}")
    return lines


def short(value: Any) -> str:
    """A value's repr, cut in the middle when it is long."""
    text = repr(value)
    if len(text) <= _LONG:
        return text
    return f"{text[: _LONG // 2]} … {text[-_LONG // 3 :]}"
