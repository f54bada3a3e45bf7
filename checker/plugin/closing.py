"""The closing section of a plain pytest run: one screen that says where the learner stands."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from checker.views.failure import shown_path, wrap
from checker.views.progress import help_lines
from checker.views.style import Style
from checker.views.verdicts import kata_line, verdict_lines
from checker.workspace import main_file, title_of

if TYPE_CHECKING:
    from checker.catalog import Kata
    from checker.plugin.plain import PlainRun
    from checker.verdict import Verdict


def closing_lines(run: PlainRun) -> tuple[str, list[str]]:
    """The section's title and lines.

    One suite is shown with its first failure in full; several are shown a line each, with the
    first failure of the first unsolved one.
    """
    writer = run.config.get_terminal_writer()
    width = max(60, min(shutil.get_terminal_size((80, 24)).columns, 100))
    style = Style(writer.hasmarkup, width)
    lines: list[str] = []
    if len(run.verdicts) > 1:
        lines += [kata_line(kata, verdict, style) for kata, verdict in run.verdicts] + [""]
    first = next(((k, v) for k, v in run.verdicts if v.kind != "solved"), None)
    if first is not None:
        lines += _first_lines(run, *first, style)
    for kata, ran, total in run.partial:
        lines += wrap(
            f"{kata.name}: {ran} of {total} tests ran. Run the whole kata to have it counted: "
            f"pytest {shown_path(kata.folder)}",
            width,
        )
    for name, reason in run.unreadable.items():
        lines += wrap(f"The suite of {name} cannot be read: {reason}", width)
        lines.append(f"Bring the original back with: checker reset {name} --suite")
    if run.unsaved:
        lines += wrap(f"Progress could not be saved: {run.unsaved}", width)
    if first is None and run.verdicts and not run.unreadable:
        lines += next_lines(run)
    return _title(run), lines


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


def next_lines(run: PlainRun) -> list[str]:
    """What comes after the katas of this run, all solved."""
    from checker import journal, progress

    assert run.workspace is not None
    entries, _ = journal.read(run.workspace.journal)
    states = progress.fold(run.workspace.catalog, entries)
    upcoming = progress.next_up(states, run.verdicts[-1][0])
    if upcoming is None:
        return ["Every kata is solved. Well done."]
    kata = upcoming.kata
    return [
        f"Solved. Next: {kata.level} {kata.number:02} {title_of(kata)}",
        f"  read   {shown_path(kata.folder / 'README.md')}",
        f"  edit   {shown_path(main_file(kata))}",
    ]


def _title(run: PlainRun) -> str:
    """As ``beginner: 3 of 10 solved``, for the levels of the run, from the journal and disk."""
    from checker import journal, progress

    if run.workspace is None:
        return "katas"
    entries, _ = journal.read(run.workspace.journal)
    states = progress.fold(run.workspace.catalog, entries)
    katas = [kata for kata, _ in run.verdicts] or [kata for kata, *_ in run.partial]
    parts = []
    for level in dict.fromkeys(kata.level for kata in katas):
        mine = [state for state in states if state.kata.level == level]
        solved = sum(state.state == "solved" for state in mine)
        parts.append(f"{level}: {solved} of {len(mine)} solved")
    return ", ".join(parts)
