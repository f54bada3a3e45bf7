"""Run suites and say what came of them.

WHAT is a level, a kata, or `all`; without it, the kata that you worked on last is checked.
Exit code 0 when everything that was checked is solved, 1 when not. With --classroom it is 0
when a result was written: GitHub Classroom's reporter, the step after it, fails the job.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
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
from checker.errors import CheckerError
from checker.execute import run_jobs
from checker.files import write_whole
from checker.learner import learner_job
from checker.runner import open_runner, suggested_jobs
from checker.views.batch import BatchView
from checker.views.problems import problem_lines
from checker.views.style import style_for

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from checker.catalog import Kata
    from checker.github import Step
    from checker.runner import Runner
    from checker.verdict import Verdict


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="levels, katas, or `all`")
    parser.add_argument("--all", action="store_true", help="show every failure in full")
    parser.add_argument(
        "--changed", action="store_true", help="only katas that changed since their last verdict"
    )
    parser.add_argument(
        "--problems", action="store_true", help="print a line a failure, for editors"
    )
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="suites run at once")
    parser.add_argument("--seed", default="", help="repeat an earlier run's made-up values")
    junit_argument(parser)
    parser.add_argument(
        "--classroom", action="store_true", help="write a result for GitHub Classroom's reporter"
    )
    json_argument(parser)


def junit_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--junit``."""
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML as well")


def run(args: argparse.Namespace) -> int:
    """Check the katas that were asked for."""
    if not args.classroom:
        return _run(args)[0]
    from checker.github import commands_stopped, take_step

    step = take_step()
    with commands_stopped(step):
        _, verdicts = _run(args)
    _write_result(step, verdicts)
    return 0


def _run(args: argparse.Namespace) -> tuple[int, list[tuple[Kata, Verdict]]]:
    # The runner warms up while the journal and the files are read.
    with open_runner(_expected(args)) as runner:
        return _check(args, runner)


def _expected(args: argparse.Namespace) -> int:
    """How many runs there will be, as far as the words tell: 1, or 0 for several."""
    one = len(args.what) < 2 and not args.changed
    several = {"all", *LEVELS}
    return int(one and not several.intersection(args.what))


def _check(args: argparse.Namespace, runner: Runner) -> tuple[int, list[tuple[Kata, Verdict]]]:
    """The exit code, and the katas that were checked with their verdicts."""
    desk = open_desk()
    words = args.what or (["all"] if args.changed else [desk.current().name])
    katas = choose_many(desk, words)
    if args.changed:
        katas = [k for k in katas if desk.state(k).state in ("changed", "started")]
        if not katas and not args.json:
            print("Nothing changed since it was last checked.")
    view = BatchView(katas, style_for(), every=args.all)
    done = []
    for kata, verdict in in_order(katas, runner, view, args.jobs, args.seed) if katas else ():
        remember(desk.workspace, journal.entry_of_verdict(verdict, "check"))
        done.append((kata, verdict))
        if args.json:
            print(json.dumps(verdict.to_json()), flush=True)
        else:
            view.show(kata, verdict)
            if args.problems:
                print("\n".join(problem_lines(verdict, kata)))
    if not args.json:
        view.finish()
    report_damaged(desk)
    write_junit(args.junit, done)
    return 0 if all(verdict.kind == "solved" for _, verdict in done) else 1, done


def write_junit(file: str | None, verdicts: Sequence[tuple[Kata, Verdict]]) -> None:
    """Write JUnit XML where it was asked for.

    Raises:
        CheckerError: the file cannot be written.
    """
    if not file:
        return
    from checker.views.junit import verdicts_junit

    try:
        write_whole(Path(file), verdicts_junit(verdicts).encode())
    except OSError as error:
        raise CheckerError(f"{file} cannot be written ({error.strerror}).") from error


def _write_result(step: Step, verdicts: Sequence[tuple[Kata, Verdict]]) -> None:
    from checker.github import append
    from checker.views.classroom import result_text

    line = f"result={result_text(verdicts)}\n"
    if step.output is None:
        print(line, end="")
    else:
        append(step.output, line)


def in_order(
    katas: list[Kata], runner: Runner, view: BatchView, at_once: int = 0, seed: str = ""
) -> Iterator[tuple[Kata, Verdict]]:
    """Run katas at once and yield their verdicts in the catalogue's order.

    Args:
        katas: what to run.
        runner: what runs it.
        view: is told how far it is.
        at_once: how many may run at the same time; 0 for as many as suit the machine.
        seed: repeats an earlier run's made-up values; "" for new ones.
    """
    done: dict[str, Verdict] = {}
    waiting = list(katas)
    began = time.monotonic()
    jobs = [learner_job(kata, seed) for kata in katas]
    view.progress(0, 0.0)
    for job, verdict in run_jobs(runner, jobs, at_once or suggested_jobs()):
        done[job.key.name] = verdict
        view.progress(len(done), time.monotonic() - began)
        while waiting and waiting[0].name in done:
            kata = waiting.pop(0)
            yield kata, done[kata.name]
