"""What GitHub Actions gives to a step and takes from it: the one seam to its files and its log.

The rules are those of "Workflow commands for GitHub Actions"
(https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands): a step adds
to the files that ``GITHUB_STEP_SUMMARY`` and ``GITHUB_OUTPUT`` name, and a line of its log that
begins with ``::`` is a command.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import CheckerError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")


@dataclass(frozen=True)
class Step:
    """The step that this process is.

    Attributes:
        inside: whether this is GitHub Actions at all.
        root: the repository's folder, which annotations are relative to; None outside.
        summary: the file that takes Markdown for the run's page; None when there is none.
        output: the file that takes the step's outputs; None when there is none.
    """

    inside: bool = False
    root: Path | None = None
    summary: Path | None = None
    output: Path | None = None


def take_step() -> Step:
    """Read what GitHub put into the environment, and take the files out of it.

    Suites run in processes that inherit the environment. What they run has no business with the
    step's files and tokens; this keeps honest mistakes away from them and is no isolation.
    """
    step = Step(
        os.environ.get("GITHUB_ACTIONS") == "true",
        _path("GITHUB_WORKSPACE"),
        _path("GITHUB_STEP_SUMMARY"),
        _path("GITHUB_OUTPUT"),
    )
    for name in (*_FILES, *(n for n in os.environ if n.startswith("ACTIONS_"))):
        os.environ.pop(name, None)
    os.environ.pop("GITHUB_TOKEN", None)
    return step


def append(file: Path, text: str) -> None:
    """Add text to one of the step's files.

    Raises:
        CheckerError: the file cannot be written.
    """
    try:
        with file.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise CheckerError(f"{file} cannot be written ({error.strerror}).") from error


@contextmanager
def commands_stopped(step: Step) -> Iterator[None]:
    """Let nothing that is printed meanwhile be a workflow command.

    A verdict shows what the learner's code printed, and the runner takes ``::`` for a command
    after leading spaces, too. The token that ends it differs each time, so nobody can print it.
    """
    token = secrets.token_hex(16)
    if step.inside:
        print(f"::stop-commands::{token}", flush=True)
    try:
        yield
    finally:
        if step.inside:
            print(f"::{token}::", flush=True)


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
