"""Several verdicts on one screen, with live progress where there is a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker.views.progress import help_lines, what_to_do
from checker.views.verdicts import kata_line, verdict_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.catalog import Kata
    from checker.verdict import Verdict
    from checker.views.style import Style


class BatchView:
    """Shows verdicts as they come, then the first failure in full.

    Args:
        katas: what is being checked.
        style: what the output can show.
        every: show each failure of each kata in full.
    """

    def __init__(self, katas: Sequence[Kata], style: Style, *, every: bool) -> None:
        self._katas = katas
        self._style = style
        self._every = every
        self._verdicts: list[tuple[Kata, Verdict]] = []
        self._live = sys.stderr.isatty() and len(katas) > 1

    def progress(self, done: int, seconds: float) -> None:
        """Say how far the runs are, on one line that is written over."""
        if not self._live:
            return
        total = len(self._katas)
        left = f", about {seconds / done * (total - done):.0f} s left" if 0 < done < total else ""
        text = f"{done} of {total} checked{left}" if done < total else ""
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    def show(self, kata: Kata, verdict: Verdict) -> None:
        """Show one verdict: whole when it is the only one, else on a line."""
        self._verdicts.append((kata, verdict))
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        if len(self._katas) == 1 or self._every:
            print("\n".join(verdict_lines(verdict, kata, self._style, every=self._every)))
        else:
            print(kata_line(kata, verdict, self._style), flush=True)

    def finish(self) -> None:
        """Show the first failure in full, and what to do next."""
        unsolved = next(((k, v) for k, v in self._verdicts if v.kind != "solved"), None)
        if unsolved is None:
            return
        kata, verdict = unsolved
        if len(self._katas) > 1 and not self._every:
            print()
            if verdict.kind == "untouched":
                print("Start here:")
                print("\n".join(what_to_do(kata)))
                return
            print("\n".join(verdict_lines(verdict, kata, self._style, every=False)))
        stuck = verdict.kind in ("failing", "untouched", "timeout")
        print("\n" + "\n".join(help_lines(kata, self._style.width, stuck=stuck)))
