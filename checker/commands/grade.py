"""Judge submissions: folders, clones and archives, each with somebody's work in it.

Every kata of every submission is judged by its original suite, in isolation. Nothing that a
submission brings along runs outside of it. Verdicts are kept as they come: after Ctrl-C, the
same command goes on where it was.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import CheckerError
from checker.files import write_whole
from checker.isolation.cage import STEPS
from checker.runner import suggested_jobs
from checker.workspace import find_workspace

if TYPE_CHECKING:
    import argparse

    from checker.grade.grades import Grades
    from checker.isolation.ladder import Step

_SHOWN_SECONDS = 0.2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", type=Path, help="a submission, or a folder of them")
    roster = "who should have handed in: a column `name`, and folder, repository, github or email"
    add("--roster", metavar="CSV", type=Path, help=roster)
    kata = "grade this kata or level only; may be given again"
    add("--kata", action="append", metavar="WHAT", default=[], help=kata)
    isolation = "how submissions are kept apart (default: the strongest that is to be had)"
    add("--isolation", choices=("auto", *STEPS), default="auto", help=isolation)
    add("--jobs", type=int, default=0, metavar="N", help="runs at once (default: one a core)")
    cluster = "grade on the workers of a Dask scheduler"
    add("--cluster", default="", metavar="ADDRESS", help=cluster)
    add("--no-cache", action="store_true", help="judge also what is known already")
    output = "write grades.json, .csv, .md, .html and .xml (JUnit) there"
    add("--output", metavar="DIR", type=Path, help=output)
    add("--json", action="store_true", help="print the grades as JSON")
    add("--schema", action="store_true", help="print the JSON Schema of the grades, and no more")


def run(args: argparse.Namespace) -> int:
    """Grade what was asked for."""
    from checker.grade.grades import json_schema

    if args.schema:
        print(json.dumps(json_schema(), indent=2))
        return 0
    if not args.paths:
        raise CheckerError("Say what to grade: checker grade PATH…, a folder of submissions.")
    from checker.commands.verify import chosen
    from checker.grade.batch import Options, grade_all
    from checker.grade.roster import read_roster
    from checker.grade.submissions import find_submissions
    from checker.isolation.ladder import choose

    workspace = find_workspace()
    katas = tuple(kata.name for kata in chosen(workspace, args.kata)) if args.kata else None
    roster = read_roster(args.roster) if args.roster else None
    for problem in roster.problems if roster else ():
        print(f"{args.roster}: {problem}", file=sys.stderr)
    found = find_submissions(args.paths, roster)
    step = choose(args.isolation)
    watcher = _Progress(step, len(found))
    cache = None if args.no_cache else workspace.private / "grades"
    options = Options(step, katas, args.jobs or suggested_jobs(), cache, args.cluster)
    try:
        grades = grade_all(found, options, watcher)
    except KeyboardInterrupt:
        watcher.end()
        if cache is not None:
            print("What was graded is kept: the same command goes on from here.", file=sys.stderr)
        raise
    watcher.end()
    if args.output:
        _write(grades, args.output)
    if args.json:
        print(json.dumps(grades.to_json(), indent=1, ensure_ascii=False))
    else:
        _print(grades)
    return 0


def _print(grades: Grades) -> None:
    from checker.views.matrix import grades_matrix
    from checker.views.style import style_for

    print("\n".join(grades_matrix(grades, style_for().width)))


def _write(grades: Grades, folder: Path) -> None:
    from checker.views.class_markdown import grades_markdown
    from checker.views.html.pages import grades_html
    from checker.views.junit import grades_junit
    from checker.views.spreadsheets import grades_csv

    texts = {
        "grades.json": json.dumps(grades.to_json(), indent=1, ensure_ascii=False) + "\n",
        "grades.csv": grades_csv(grades),
        "grades.md": grades_markdown(grades),
        "grades.html": grades_html(grades),
        "grades.xml": grades_junit(grades),
    }
    try:
        for name, text in texts.items():
            write_whole(folder / name, text.encode())
    except OSError as error:
        raise CheckerError(
            f"{folder} cannot be written ({error.strerror}). The verdicts are kept: "
            "the same command with another folder writes them at once."
        ) from error
    print(f"Written to {folder}: {', '.join(texts)}.", file=sys.stderr)


class _Progress:
    """Says on one line of the terminal how far the batch is, and when it may be done."""

    def __init__(self, step: Step, submissions: int) -> None:
        self._live = sys.stderr.isatty()
        self._began = self._shown = 0.0
        self._first = -1
        words = "1 submission" if submissions == 1 else f"{submissions} submissions"
        print(f"{words}, isolated by {step.name}: {', '.join(step.layers)}.", file=sys.stderr)

    def trying(self, done: int, total: int) -> None:
        """So many katas were tried out with their reference."""
        self._show(f"Trying out whether this machine can judge: {done} of {total}", done == total)

    def graded(self, done: int, total: int, solved: int) -> None:
        """So many katas of submissions are graded."""
        now = time.monotonic()
        if self._first < 0:
            self._first, self._began = done, now
        left = ""
        if done > self._first:
            seconds = (now - self._began) / (done - self._first) * (total - done)
            left = f", about {_length(seconds)} left"
        self._show(f"{done} of {total} graded, {solved} solved{left}", done == total)

    def end(self) -> None:
        """Clear the line."""
        if self._live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show(self, text: str, last: bool) -> None:
        now = time.monotonic()
        if self._live and (last or now - self._shown > _SHOWN_SECONDS):
            self._shown = now
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
