"""A push's verdicts as GitHub shows them: annotations at the line, and a step summary.

Whatever a suite reports may hold text of the learner's code, so each text is escaped for the
place where it goes: workflow commands as the runner reads them back
(https://github.com/actions/runner, ``src/Runner.Common/ActionCommand.cs``), Markdown by code
blocks that no text can close.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.views.style import Style
from checker.views.untrusted import markdown, visible
from checker.views.verdicts import HEADLINES, verdict_lines
from checker.workspace import main_file, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.catalog import Kata
    from checker.verdict import Verdict

SUMMARY_BYTES = 1_000_000
"""GitHub drops a step's summary of more than 1 MiB; this leaves room for a closing line."""
_MOST_ANNOTATIONS = 10  # GitHub shows ten of a kind for a step
_MOST_LINES, _MOST_COLUMNS = 120, 400


@dataclass(frozen=True)
class Judged:
    """A kata with its verdict.

    Attributes:
        kata: the kata.
        verdict: what came of the run.
        before: whether the journal says that it was solved.
    """

    kata: Kata
    verdict: Verdict
    before: bool = False

    @property
    def broke(self) -> bool:
        """Whether it was solved and is not now. A service that is missing breaks no kata."""
        return self.before and self.verdict.kind not in ("solved", "unavailable")

    @property
    def name(self) -> str:
        """Level, number and title."""
        return f"{self.kata.level} {self.kata.number:02} {title_of(self.kata)}"


def command(name: str, message: str, **properties: str | int) -> str:
    """One workflow command, as ``::error file=app.py,line=3::It broke``.

    Args:
        name: ``error``, ``warning`` or ``notice``.
        message: any text.
        properties: such as ``file``, ``line`` and ``title``; empty ones and 0 are left out.
    """
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{name}{' ' if given else ''}{given}::{_data(message)}"


def annotation_lines(
    judged: Sequence[Judged], gone: Sequence[str], root: Path, most: int = _MOST_ANNOTATIONS
) -> list[str]:
    """One command a kata that is not solved; what broke first, as errors.

    Args:
        judged: the katas.
        gone: names of katas that were solved before and whose folders are not there.
        root: the repository's folder.
        most: how many of a kind.
    """
    lines: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for name in gone:
        message = f"katas/{name} was solved before and is not there any more."
        lines["error"].append(command("error", message, title=f"{name} broke"))
    for one in judged:
        if one.verdict.kind != "solved":
            kind = "warning" if one.verdict.kind == "unavailable" else "notice"
            kind = "error" if one.broke else kind
            lines[kind].append(_annotation(kind, one, root))
    return [line for some in lines.values() for line in some[:most]]


def summary_markdown(
    judged: Sequence[Judged], gone: Sequence[str], *, journal: bool, room: int = SUMMARY_BYTES
) -> str:
    """The step summary: what it comes to, a table, then each kata that is not solved.

    Args:
        judged: the katas that were judged.
        gone: names of katas that were solved before and whose folders are not there.
        journal: whether there is a journal, which says what was solved before.
        room: how many bytes it may have; katas that do not fit are left out, and counted.
    """
    lines = ["# FastAPI katas", "", *_opening(judged, gone), ""]
    if judged and not journal:
        lines += [
            "There is no `.kata/journal.jsonl` here, so nothing is known to have been solved "
            "before. Commit that file to be told when a solved kata breaks.", "",
        ]  # fmt: skip
    lines += _table(judged, gone)
    text = "\n".join(lines)
    unsolved = sorted((j for j in judged if j.verdict.kind != "solved"), key=lambda j: not j.broke)
    size, left_out = len(text.encode()), 0
    for one in unsolved:
        section = _section(one)
        size += len(section.encode())
        if size > room:
            left_out += 1
        else:
            text += section
    if left_out:
        text += f"\nThere was no room for {left_out} more; `checker check` shows them.\n"
    return text


def _opening(judged: Sequence[Judged], gone: Sequence[str]) -> list[str]:
    broke = sum(one.broke for one in judged) + len(gone)
    solved = sum(one.verdict.kind == "solved" for one in judged)
    if broke:
        what = "A kata that was solved before is" if broke == 1 else f"{broke} solved katas are"
        return [
            f"**{what} not solved any more.**",
            "If you began one afresh on purpose, `checker reset KATA` notes that.",
        ]
    if not judged:
        return [
            "Nothing to check yet: no kata has been worked on. That is fine.",
            "`checker next` opens the first one.",
        ]
    if solved == len(judged):
        return [f"**Everything that was worked on is solved: {solved}.** Well done."]
    return [f"**{solved} of {len(judged)} solved, and nothing broke.** Work in progress is fine."]


def _table(judged: Sequence[Judged], gone: Sequence[str]) -> list[str]:
    if not judged and not gone:
        return []
    lines = ["| kata | verdict | tests | before |", "|---|---|--:|---|"]
    lines += [f"| {markdown(name)} | **broke**: its folder is gone | | solved |" for name in gone]
    for one in judged:
        verdict = one.verdict
        words = ("**broke**: " if one.broke else "") + HEADLINES[verdict.kind]
        tests = f"{verdict.passed} of {len(verdict.steps)}" if verdict.tests else ""
        before = "solved" if one.before else ""
        lines.append(f"| {markdown(one.name)} | {words} | {tests} | {before} |")
    return [*lines, ""]


def _section(one: Judged) -> str:
    style = Style(width=100)
    lines = verdict_lines(one.verdict, one.kata, style, every=False, headed=False)
    if not lines:
        lines = [HEADLINES[one.verdict.kind]]
    heading = f"{markdown(one.name)}: {HEADLINES[one.verdict.kind]}"
    kata = f"{one.kata.level}/{one.kata.number}"
    return f"\n## {heading}\n\n{_block(lines)}\n\nTo see it yourself: `checker check {kata}`\n"


def _annotation(kind: str, one: Judged, root: Path) -> str:
    verdict, failed = one.verdict, one.verdict.first_failure
    file, line = verdict.file, verdict.line
    words = [verdict.message, verdict.advice]
    if not verdict.message and failed is not None:
        words = [failed.sentence]
        if failed.failure is not None:
            file, line = failed.failure.file, failed.failure.line
            words += [failed.failure.message, failed.failure.advice]
    message = "\n".join(word for word in words if word) or HEADLINES[verdict.kind]
    place = _inside(file, root)
    if not place:
        place, line = _inside(str(main_file(one.kata)), root), 1
    title = f"{one.name} {'broke' if one.broke else HEADLINES[verdict.kind]}"
    return command(kind, message[:2000], file=place, line=max(1, line), title=title)


def _inside(file: str, root: Path) -> str:
    """The path relative to the repository, with slashes; "" when it lies elsewhere."""
    if not file or "\0" in file:
        return ""
    try:
        return Path(file).resolve().relative_to(root.resolve()).as_posix()
    except (OSError, ValueError, RuntimeError):
        return ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _block(lines: Sequence[str]) -> str:
    """Lines as a code block whose fence is longer than any in them."""
    shown = [line for text in lines for line in text.splitlines() or [""]]
    more = len(shown) - _MOST_LINES
    shown = shown[:_MOST_LINES] + ([f"({more} more lines)"] if more > 0 else [])
    text = "\n".join(visible(line)[:_MOST_COLUMNS] for line in shown)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
