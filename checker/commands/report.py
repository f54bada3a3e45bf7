"""Write a report for a mentor: of one learner, or of a class. Nothing is run for it.

Without GRADES it is about this workspace's learner and comes from the journal.
With GRADES.json, as `checker grade` writes it, it is about the class in it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker import journal, progress
from checker.commands.shared import open_desk, report_damaged
from checker.errors import CheckerError
from checker.files import write_whole

if TYPE_CHECKING:
    import argparse

    from checker.commands.shared import Desk
    from checker.grade.grades import Grades

FORMATS = ("markdown", "json", "html", "junit", "csv")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "grades",
        nargs="?",
        metavar="GRADES.json",
        help="a class's grades (default: this workspace's journal)",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="markdown", help="how to write it (default: markdown)"
    )
    parser.add_argument(
        "--name", default="", help="whose report it is; with grades: only this learner's"
    )
    parser.add_argument("--output", metavar="FILE", help="write to a file instead")


def run(args: argparse.Namespace) -> int:
    """Write the report."""
    if args.grades:
        _write(_of_class(_grades(Path(args.grades), args.name), args.format), args.output)
        return 0
    desk = open_desk()
    _write(_of_learner(desk, args.name, args.format), args.output)
    report_damaged(desk)
    return 0


def _grades(path: Path, name: str) -> Grades:
    """The grades, of one learner only when a name is given."""
    from checker.grade.grades import read_grades

    grades = read_grades(path)
    if not name:
        return grades
    mine = tuple(one for one in grades.submissions if one.name == name)
    if not mine:
        raise CheckerError(f"{path} has nobody named {name!r}.{_guess(grades, name)}")
    return replace(grades, submissions=mine)


def _guess(grades: Grades, name: str) -> str:
    import difflib

    from checker.views.untrusted import NAME, one_line

    close = difflib.get_close_matches(name, [one.name for one in grades.submissions], n=1)
    return f" Did you mean {one_line(close[0], NAME)}?" if close else ""


def _of_class(grades: Grades, form: str) -> str:
    if form == "json":
        from checker.views.report_data import class_data

        return json.dumps(class_data(grades), indent=2)
    if form == "html":
        from checker.views.html import grades_html

        return grades_html(grades)
    if form == "junit":
        from checker.views.junit import grades_junit

        return grades_junit(grades)
    if form == "csv":
        from checker.views.spreadsheets import grades_csv

        return grades_csv(grades)
    from checker.views.class_markdown import grades_markdown

    return grades_markdown(grades)


def _of_learner(desk: Desk, name: str, form: str) -> str:
    from checker.standing import read_standing

    standing = read_standing(desk.states, desk.entries, name, journal.now())
    if form == "json":
        from checker.views.report_data import learner_data

        return json.dumps(learner_data(standing, progress.last_worked(desk.states)), indent=2)
    if form == "html":
        from checker.views.html import learner_html

        return learner_html(standing)
    if form == "junit":
        from checker.views.junit import learner_junit

        return learner_junit(standing)
    if form == "csv":
        from checker.views.spreadsheets import learner_csv

        return learner_csv(standing)
    from checker.views.markdown import learner_markdown

    return learner_markdown(standing)


def _write(text: str, output: str | None) -> None:
    if not output:
        print(text.rstrip("\n"))
        return
    try:
        write_whole(Path(output), text.rstrip("\n").encode() + b"\n")
    except OSError as error:
        raise CheckerError(f"{output} cannot be written ({error.strerror}).") from error
    print(f"Written to {output}.")
