"""The closing section of a plain pytest run: one screen that says where the learner stands."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from checker.errors import CheckerError
from checker.views.failure import shown_path, wrap
from checker.views.progress import help_lines
from checker.views.style import Style
from checker.views.verdicts import kata_line, verdict_lines
from checker.workspace import main_file, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.catalog import Kata
    from checker.plugin.plain import Partial, PlainRun
    from checker.progress import KataProgress
    from checker.verdict import Verdict


def closing_lines(run: PlainRun) -> tuple[str, list[str]]:
    """The section's title and lines.

    One suite is shown with its first failure in full; several are shown a line each, with the
    first failure of the first unsolved one.
    """
    writer = run.config.get_terminal_writer()
    width = max(60, min(shutil.get_terminal_size((80, 24)).columns, 100))
    style = Style(writer.hasmarkup, width)
    states = _states(run)
    lines: list[str] = []
    if len(run.verdicts) > 1:
        lines += [kata_line(kata, verdict, style) for kata, verdict in run.verdicts] + [""]
    first = next(((k, v) for k, v in run.verdicts if v.kind != "solved"), None)
    if first is not None:
        lines += _first_lines(run, *first, style)
    for partial in run.partial:
        lines += _partial_lines(run, partial, style)
    for name, reason in run.unreadable.items():
        lines += wrap(f"The suite of {name} cannot be read: {reason}", width)
        lines.append(f"Bring the original back with: checker reset {name} --suite")
    if run.unsaved:
        lines += wrap(f"Progress could not be saved: {run.unsaved}", width)
    if first is None and run.verdicts and not run.unreadable:
        lines += next_lines(run, states)
    return _title(run, states), lines


def _first_lines(run: PlainRun, kata: Kata, verdict: Verdict, style: Style) -> list[str]:
    if verdict.kind == "untouched" and len(run.verdicts) > 1:
        test = verdict.first_failure
        return [
            f"Start here: {style.paint(title_of(kata), 'bold')}",
            f"  read   {shown_path(kata.folder / 'README.md')}",
            f"  edit   {shown_path(main_file(kata))}",
            f"  run    pytest {shown_path(kata.folder)}",
            *(wrap(f"  first  {test.sentence}", style.width, "         ") if test else []),
            "",
            "`checker watch` stays with a kata; `checker hint` helps when you are stuck.",
        ]
    every = not run.quiet and len(run.verdicts) == 1
    lines = verdict_lines(verdict, kata, style, every=every) if run.quiet else []
    stuck = verdict.kind in ("failing", "untouched", "timeout")
    return [*lines, "", *help_lines(kata, style.width, stuck=stuck)]


def _partial_lines(run: PlainRun, partial: Partial, style: Style) -> list[str]:
    """What failed among the tests that ran, and that the kata was not counted."""
    kata, verdict = partial.kata, partial.verdict
    lines = []
    if run.quiet and verdict.first_failure is not None:
        lines += [*verdict_lines(verdict, kata, style, every=False), ""]
    return lines + wrap(
        f"{kata.name}: {partial.ran} of {partial.total} tests ran. Run the whole kata to have "
        f"it counted: pytest {shown_path(kata.folder)}",
        style.width,
    )


def next_lines(run: PlainRun, states: Sequence[KataProgress]) -> list[str]:
    """What comes after the katas of this run, all solved."""
    from checker.progress import next_up

    if not states:
        return []
    upcoming = next_up(states, run.verdicts[-1][0])
    if upcoming is None:
        return ["Every kata is solved. Well done."]
    kata = upcoming.kata
    return [
        f"Solved. Next: {kata.level} {kata.number:02} {title_of(kata)}",
        f"  read   {shown_path(kata.folder / 'README.md')}",
        f"  edit   {shown_path(main_file(kata))}",
    ]


def _states(run: PlainRun) -> Sequence[KataProgress]:
    """Where each kata stands; empty when the workspace cannot be read."""
    from checker import journal, progress

    if run.workspace is None:
        return []
    try:
        entries, _ = journal.read(run.workspace.journal)
        return progress.fold(run.workspace.catalog, entries)
    except (CheckerError, OSError):
        return []  # `checker doctor` says why; the run's own results are shown all the same


def _title(run: PlainRun, states: Sequence[KataProgress]) -> str:
    """As ``beginner: 3 of 10 solved``, for the levels of the run, from the journal and disk."""
    katas = [kata for kata, _ in run.verdicts] or [partial.kata for partial in run.partial]
    parts = []
    for level in dict.fromkeys(kata.level for kata in katas):
        mine = [state for state in states if state.kata.level == level]
        solved = sum(state.state == "solved" for state in mine)
        parts.append(f"{level}: {solved} of {len(mine)} solved")
    return ", ".join(parts) or "katas"
