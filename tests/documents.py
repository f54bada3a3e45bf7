"""The documents' examples: read out of the Markdown, run, and compared in their stable parts."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.desk import ROOT

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
)

_VARYING = (
    (r"\d+(\.\d+)? ?(s|GB)\b", "N"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME"),
    (r"\d{4}-\d\d-\d\d_[\d-]+(_\d+)?", "TIME"),
    (r"(running at) .*", r"\1 PLACE"),
    (r"Python 3\.\d+\.\d+ at .*", "PYTHON"),
)
"""What differs from machine to machine, or from run to run, and what stands for it."""


@dataclass(frozen=True)
class Example:
    """One command of a document.

    Attributes:
        place: the document with the line, as ``README.md:20``.
        command: what is typed.
        shown: the lines that the document shows below it.
        work: the kata and the file of its solution that the learner's work is made of before
            the command, from a comment ``<!-- work: KATA FILE -->``; "" for none.
    """

    place: str
    command: str
    shown: tuple[str, ...]
    work: str


def examples_of(document: str) -> Iterator[Example]:
    """The commands of a document's ``console`` blocks, in their order."""
    inside, work, command, begun, shown = False, "", "", 0, []
    for number, line in enumerate((ROOT / document).read_text("utf-8").splitlines(), 1):
        found = re.fullmatch(r"<!-- work: (.*) -->", line)
        work = found[1] if found else work
        ends = inside and (line.startswith("$ ") or line == "```")
        if ends and command:
            yield Example(f"{document}:{begun}", command, tuple(shown), work)
            work, command = "", ""
        if line == "```console":
            inside = True
        elif line.startswith("```"):
            inside = False
        elif inside and line.startswith("$ "):
            command, begun, shown = line[2:].partition("  #")[0].strip(), number, []
        elif inside:
            shown.append(line)


class Machine:
    """A fresh clone of the project, in which examples are run one after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        left_out = shutil.ignore_patterns("__pycache__")
        for name in ("katas", "solutions", ".vscode"):
            shutil.copytree(ROOT / name, root / name, ignore=left_out)
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copyfile(ROOT / name, root / name)

    def run(self, example: Example) -> tuple[int, list[str]]:
        """Run an example; the seed of made-up values that it shows is used again.

        Returns:
            The exit code and what was printed.
        """
        if example.work:
            kata, _, file = example.work.partition(" ")
            app = self.root / "katas" / kata / "app.py"
            shutil.copyfile(self.root / "solutions" / kata / file, app)
        words = shlex.split(example.command)
        seed = re.search(r"came from seed (\w+)", "\n".join(example.shown))
        if seed and words[:2] == ["checker", "check"]:
            words += ["--seed", seed[1]]
        if words[0] == "pytest":
            words[1:1] = ["-p", "no:randomly"]
        left_out = ("PYTEST_", "KATA_", "VISUAL", "EDITOR", "COLUMNS", "TERM", "FORCE_COLOR",
                    "DATABASE_URL", "REDIS_URL", "RABBITMQ_URL", "MONGODB_URL")  # fmt: skip
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.root,
            env={**kept, "PYTHONUTF8": "1", "NO_COLOR": "1"},
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).splitlines()


def agrees(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether an output is what a document shows; a line ``…`` there stands for any lines."""
    text = "\n".join(map(stable, printed)).strip("\n")
    return _fits([stable(line) for line in shown], text.split("\n"))


def _fits(wanted: list[str], lines: list[str]) -> bool:
    if not wanted:
        return not lines
    if wanted[0] == "…":
        return any(_fits(wanted[1:], lines[n:]) for n in range(len(lines) + 1))
    return bool(lines) and lines[0] == wanted[0] and _fits(wanted[1:], lines[1:])


def stable(line: str) -> str:
    """A line without what differs from run to run."""
    for pattern, stands in _VARYING:
        line = re.sub(pattern, stands, line)
    return line.rstrip()
