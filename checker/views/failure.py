"""The lines that a learner reads when a test does not pass, without colour."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.verdict import Failure

WIDTH = 80
_MOST_EXCHANGES = 3
_MOST_BODY = 300


def failure_lines(
    failure: Failure, exchanges: Sequence[dict[str, Any]], folder: Path, width: int = WIDTH
) -> list[str]:
    """What was asked and what came back, what is wrong, and where.

    Args:
        failure: why the test did not pass.
        exchanges: the test's requests and answers.
        folder: the kata's folder, to shorten paths against.
        width: the terminal's, in columns.

    Returns:
        Lines without line ends; no line break is put into a path or a difference.
    """
    lines = []
    left_out = len(exchanges) - _MOST_EXCHANGES
    if left_out > 0:
        lines.append(f"(after {left_out} earlier {'request' if left_out == 1 else 'requests'})")
    for exchange in exchanges[-_MOST_EXCHANGES:]:
        lines += exchange_lines(exchange, width)
    if lines:
        lines.append("")
    for paragraph in failure.message.splitlines():
        lines += wrap(paragraph, width)
    if failure.advice:
        lines += wrap(failure.advice, width)
    mine = failure.file and failure.line
    if mine or failure.test_line:
        lines.append("")
    if mine:
        lines.append(f"{shown_path(failure.file)}:{failure.line}")
        if failure.text:
            lines.append(f"    {failure.text}")
    if failure.test_line:
        lines.append(f"{shown_path(folder / 'test_app.py')}:{failure.test_line}")
        if failure.test_text:
            lines.append(f"    {failure.test_text}")
    return lines


def exchange_lines(exchange: dict[str, Any], width: int = WIDTH) -> list[str]:
    """One request and its answer: ``POST /books {...}`` and ``→ 200 {...}``."""
    asked = f"{exchange['method']} {exchange['target']}"
    lines = [f"{asked} {_cut(exchange['sent'])}".rstrip()]
    lines += [f"    {name}: {value}" for name, value in exchange["sent_headers"].items()]
    if exchange["status"] is None:
        lines.append("  → no answer")
    else:
        lines.append(f"  → {exchange['status']} {_cut(exchange['got'])}".rstrip())
        lines += [f"    {name}: {value}" for name, value in exchange["got_headers"].items()]
    if exchange["error"]:
        lines += wrap(f"  your code raised {exchange['error']}", width, "    ")
    return lines


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Break a paragraph at spaces; leading spaces are kept and words are never broken."""
    if len(text) <= width:
        return [text]
    lead = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.strip(),
        width,
        initial_indent=lead,
        subsequent_indent=lead + indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def shown_path(path: str | Path) -> str:
    """A path relative to the current folder where that is shorter, for a click in a terminal."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive, on Windows
        return str(path)
    return str(path) if relative.startswith("..") else relative


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _MOST_BODY else f"{flat[:_MOST_BODY]}…"
