"""Judge what was worked on, as the GitHub workflow of a fork does at each push.

Runs the suite of every kata that was worked on. Exit code 1 only when a kata broke: the journal
(.kata/journal.jsonl) says that it was solved and not reset since, and it is not solved now.
A kata that was never solved may fail. In GitHub Actions this also writes the step summary, and
marks the lines at fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import github, journal, pristine, progress
from checker.commands.check import in_order, junit_argument, write_junit
from checker.commands.shared import open_desk, remember, report_damaged
from checker.runner import open_runner
from checker.views.batch import BatchView
from checker.views.github import (
    SUMMARY_BYTES,
    Judged,
    annotation_lines,
    summary_markdown,
)
from checker.views.style import style_for

if TYPE_CHECKING:
    import argparse

    from checker.commands.shared import Desk


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="suites run at once")
    junit_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Judge, and tell GitHub."""
    step = github.take_step()
    desk = open_desk()
    before = progress.solved_before(desk.entries)
    gone = _gone(desk, before)
    known = desk.workspace.journal.exists()
    with github.commands_stopped(step):
        judged = _judge(desk, before, args.jobs)
        report_damaged(desk)
        broke = [one.name for one in judged if one.broke] + gone
        for name in broke:
            print(f"Was solved before and is not now: {name}")
    write_junit(args.junit, [(one.kata, one.verdict) for one in judged])
    if step.summary is not None:
        room = SUMMARY_BYTES - (step.summary.stat().st_size if step.summary.exists() else 0)
        text = summary_markdown(judged, gone, journal=known, room=room)
        github.append(step.summary, text)
    if step.inside:
        root = step.root or desk.workspace.root
        for line in annotation_lines(judged, gone, root):
            print(line)
    return 1 if broke else 0


def _gone(desk: Desk, before: set[str]) -> list[str]:
    """The katas that were solved before and whose folders are not there any more."""
    there = {kata.name for kata in desk.workspace.catalog}
    return sorted(before.intersection(pristine.originals()) - there)


def _judge(desk: Desk, before: set[str], at_once: int) -> list[Judged]:
    """Run what was worked on, and remember it for the report that follows."""
    katas = [s.kata for s in desk.states if s.state != "untouched" or s.kata.name in before]
    if not katas:
        print("Nothing to check yet: no kata has been worked on.")
        return []
    view = BatchView(katas, style_for(), every=False)
    judged = []
    with open_runner(len(katas)) as runner:
        for kata, verdict in in_order(katas, runner, view, at_once):
            remember(desk.workspace, journal.entry_of_verdict(verdict, "ci"))
            view.show(kata, verdict)
            judged.append(Judged(kata, verdict, kata.name in before))
    view.finish()
    return judged
