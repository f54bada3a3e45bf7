"""The proof as maintainers read it: a row a kata, then every flaw."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker.views.failure import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.proof.runs import Outcome
    from checker.views.style import Style

_HEAD = "kata                                     tests vari- traps runs   ref.  verdict"


def show_progress(noun: str, done: int, total: int) -> None:
    """Write ``3 of 956 runs`` over the line before, where somebody watches."""
    if sys.stderr.isatty():
        end = "\n" if done == total else "\r"
        print(f"  {done} of {total} {noun}", end=end, file=sys.stderr, flush=True)


def table_lines(outcomes: Sequence[Outcome], style: Style) -> list[str]:
    """A head, a row a kata, and a row with the sums."""
    lines = [_HEAD, "                                               ants              ms"]
    for outcome in outcomes:
        shape = outcome.shape
        verdict = style.paint("holds", "green")
        if shape.flaws:
            count = len(shape.flaws)
            verdict = style.paint(f"{count} flaw{'s' if count > 1 else ''}", "red")
        elif outcome.unneeded():
            verdict += f", {len(outcome.unneeded())} unneeded"
        lines.append(
            f"{shape.kata.name:<40} {len(shape.tests):>5} {len(shape.variants):>5}"
            f" {len(shape.traps):>5} {outcome.rounds:>4} {outcome.slowest * 1000:>6.0f}  {verdict}"
        )
    if len(outcomes) > 1:
        lines.append(
            f"{'all':<40} {sum(len(o.shape.tests) for o in outcomes):>5}"
            f" {sum(len(o.shape.variants) for o in outcomes):>5}"
            f" {sum(len(o.shape.traps) for o in outcomes):>5}"
            f" {sum(o.rounds for o in outcomes):>4}"
        )
    return lines


def flaw_lines(outcomes: Sequence[Outcome], style: Style) -> list[str]:
    """Each kata's flaws, and the tests that no trap needs."""
    lines = []
    for outcome in outcomes:
        shape = outcome.shape
        if shape.flaws:
            lines.append(style.paint(shape.kata.name, "bold"))
            for flaw in shape.flaws:
                lines += wrap(f"  {flaw.rule}: {flaw.where}: {flaw.words}", style.width, "    ")
        if outcome.rounds and outcome.unneeded():
            lines.append(
                f"{shape.kata.name}: no trap fails on these tests alone (a note, no flaw):"
            )
            lines += [f"    {name}" for name in outcome.unneeded()]
    return lines
