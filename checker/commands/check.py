"""Run suites and say what came of them.

WHAT is a level, a kata, or `all`; without it, the kata that you worked on last is checked.
Exit code 0 when everything that was checked is solved, 1 when not.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from checker import journal
from checker.catalog import LEVELS
from checker.commands.shared import (
    choose_many,
    json_argument,
    open_desk,
    remember,
    report_damaged,
)
from checker.execute import run_jobs
from checker.learner import learner_job
from checker.runner import open_runner, suggested_jobs
from checker.views.batch import BatchView
from checker.views.style import style_for

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from checker.catalog import Kata
    from checker.runner import Runner
    from checker.verdict import Verdict


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="levels, katas, or `all`")
    parser.add_argument("--all", action="store_true", help="show every failure in full")
    parser.add_argument(
        "--changed", action="store_true", help="only katas that changed since their last verdict"
    )
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="suites run at once")
    parser.add_argument("--seed", default="", help="repeat an earlier run's made-up values")
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Check the katas that were asked for."""
    # The runner warms up while the journal and the files are read.
    with open_runner(_expected(args)) as runner:
        return _check(args, runner)


def _expected(args: argparse.Namespace) -> int:
    """How many runs there will be, as far as the words tell: 1, or 0 for several."""
    one = len(args.what) < 2 and not args.changed
    several = {"all", *LEVELS}
    return int(one and not several.intersection(args.what))


def _check(args: argparse.Namespace, runner: Runner) -> int:
    desk = open_desk()
    words = args.what or (["all"] if args.changed else [desk.current().name])
    katas = choose_many(desk, words)
    if args.changed:
        katas = [k for k in katas if desk.state(k).state in ("changed", "started")]
        if not katas and not args.json:
            print("Nothing changed since it was last checked.")
    if not katas:
        return 0
    view = BatchView(katas, style_for(), every=args.all)
    solved = True
    for kata, verdict in _in_order(katas, args, runner, view):
        remember(desk.workspace, journal.entry_of_verdict(verdict, "check"))
        solved = solved and verdict.kind == "solved"
        if args.json:
            print(json.dumps(verdict.to_json()), flush=True)
        else:
            view.show(kata, verdict)
    if not args.json:
        view.finish()
    report_damaged(desk)
    return 0 if solved else 1


def _in_order(
    katas: list[Kata], args: argparse.Namespace, runner: Runner, view: BatchView
) -> Iterator[tuple[Kata, Verdict]]:
    """Run the katas at once and yield their verdicts in the catalogue's order."""
    done: dict[str, Verdict] = {}
    waiting = list(katas)
    began = time.monotonic()
    jobs = [learner_job(kata, args.seed) for kata in katas]
    view.progress(0, 0.0)
    for job, verdict in run_jobs(runner, jobs, args.jobs or suggested_jobs()):
        done[job.key.name] = verdict
        view.progress(len(done), time.monotonic() - began)
        while waiting and waiting[0].name in done:
            kata = waiting.pop(0)
            yield kata, done[kata.name]
