"""A verdict as a person reads it: the first failure in full, the others a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.views.failure import failure_lines, shown_path, wrap
from checker.workspace import title_of

if TYPE_CHECKING:
    from checker.catalog import Kata
    from checker.verdict import TestResult, Verdict
    from checker.views.style import Style

_MOST_OUTPUT = 20

HEADLINES = {
    "solved": "solved",
    "failing": "not yet",
    "untouched": "not started",
    "broken": "cannot run",
    "timeout": "took too long",
    "crashed": "crashed",
    "tampered": "the suite was changed",
    "unavailable": "a service is missing",
}


def verdict_lines(
    verdict: Verdict, kata: Kata, style: Style, *, every: bool, headed: bool = True
) -> list[str]:
    """The whole view of one verdict.

    Args:
        verdict: what came of the run.
        kata: the kata, for its title and paths.
        style: what the output can show.
        every: show each failure in full, not only the first.
        headed: begin with the headline.

    Returns:
        Lines without line ends.
    """
    lines = [headline(verdict, kata, style)] if headed else []
    failed = [t for t in verdict.tests if t.outcome not in ("passed", "not run")]
    if verdict.message and not _said_below(verdict, failed):
        lines += _message_lines(verdict, style)
    if verdict.kind in ("broken", "unavailable", "tampered") or (
        verdict.kind == "crashed" and not failed
    ):
        return lines
    shown = failed if every else failed[:1]
    for test in shown:
        lines += [*([""] if lines else []), *test_lines(test, kata, style)]
    rest = [t for t in verdict.tests if t.outcome != "passed" and t not in shown]
    if rest:
        lines += ["", style.paint("Still to do:", "bold")]
        lines += [one_line(test, style) for test in rest]
    if shown and verdict.seed:
        lines += ["", style.paint(f"Made-up values came from seed {verdict.seed}.", "dim")]
    return lines


def _said_below(verdict: Verdict, failed: list[TestResult]) -> bool:
    """Whether the verdict's message is that of the test which is shown in full."""
    first = failed[0].failure if verdict.kind == "timeout" and failed else None
    return first is not None and first.message == verdict.message


def headline(verdict: Verdict, kata: Kata, style: Style) -> str:
    """One line: mark, level and number, title, how many tests pass, and the state."""
    count = f"{verdict.passed} of {len(verdict.steps)}" if verdict.tests else ""
    words = HEADLINES[verdict.kind]
    colour = "green" if verdict.kind == "solved" else "yellow"
    name = f"{kata.level} {kata.number:02}"
    title = style.paint(title_of(kata), "bold")
    return f"{style.mark(verdict.kind)} {name} {title}: " + ", ".join(
        part for part in (style.paint(words, colour), count) if part
    )


def kata_line(kata: Kata, verdict: Verdict, style: Style) -> str:
    """A kata's state on one line."""
    count = f"{verdict.passed:>2} of {len(verdict.steps):>2}" if verdict.tests else " " * 8
    text = f"{kata.level} {kata.number:02}  {title_of(kata)}"
    text = text if len(text) <= style.width - 34 else text[: style.width - 35] + "…"
    dots = text.ljust(style.width - 34)
    return f"{style.mark(verdict.kind)} {dots}  {count}  {HEADLINES[verdict.kind]}"


def test_lines(test: TestResult, kata: Kata, style: Style) -> list[str]:
    """One failed test in full: sentence, exchanges, difference, lines, output."""
    lines = [style.paint(line, "bold") for line in wrap(test.sentence, style.width - 2)]
    lines[0] = f"{style.mark(test.outcome)} {lines[0]}"
    lines[1:] = [f"  {line}" for line in lines[1:]]
    if test.failure is not None:
        inner = failure_lines(test.failure, test.exchanges, kata.folder, style.width - 2)
        lines += [f"  {line}".rstrip() for line in inner]
    if test.output.strip():
        printed = test.output.rstrip().splitlines()
        lines += ["", "  Printed during this test:"]
        if len(printed) > _MOST_OUTPUT:
            lines.append(f"    ({len(printed) - _MOST_OUTPUT} lines before these)")
        lines += [f"    {line}" for line in printed[-_MOST_OUTPUT:]]
    return lines


def one_line(test: TestResult, style: Style) -> str:
    """A test that is not shown in full, on one line."""
    text = test.sentence
    room = style.width - 4
    if len(text) > room:
        text = text[: room - 1].rstrip() + ("…" if style.unicode else "~")
    return f"  {style.mark(test.outcome)} {text}"


def _message_lines(verdict: Verdict, style: Style) -> list[str]:
    lines = wrap(f"  {verdict.message}", style.width)
    if verdict.advice:
        lines += wrap(f"  {verdict.advice}", style.width)
    if verdict.file and verdict.line:
        lines.append(f"  {shown_path(verdict.file)}:{verdict.line}")
        source = _source_line(verdict.file, verdict.line)
        if source:
            lines.append(f"      {source}")
    if verdict.output.strip():
        lines += ["", "  The process printed:"]
        lines += [f"    {line}" for line in verdict.output.rstrip().splitlines()[-_MOST_OUTPUT:]]
    return lines


def _source_line(file: str, line: int) -> str:
    import linecache

    linecache.checkcache(file)
    return linecache.getline(file, line).strip()
