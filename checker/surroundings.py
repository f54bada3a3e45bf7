"""What surrounds a workspace and may get in its way: interpreter, editor, Git, clock.

More checks behind ``checker doctor``; see ``diagnosis``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checker.editor import editor_command
from checker.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.journal import Entry
    from checker.workspace import Workspace

_AHEAD_SECONDS = 300
"""How far a journal's last line may lie in the future before the clock is doubted."""


def check_interpreter(workspace: Workspace) -> Iterator[Finding]:
    """Whether this Python is the one of the environment that ``start.py`` made."""
    made = workspace.root / ".venv"
    if made.is_dir() and Path(sys.prefix).resolve() != made.resolve():
        words = f"the workspace has an environment in .venv, and this is {sys.prefix}"
        mend = "Activate it, and choose it in VS Code with `Python: Select Interpreter`."
        yield Finding("interpreter", "note", words, mend)
    elif made.is_dir():
        yield Finding("interpreter", "good", "that of the workspace's environment, .venv")
    else:
        yield Finding("interpreter", "good", f"that of {sys.prefix}")


def check_editor(workspace: Workspace) -> Iterator[Finding]:
    """Whether an editor is found, and set up for the workspace."""
    command = editor_command()
    if command is None:
        words = "none found, so `checker open` and `next` cannot open files"
        yield Finding("editor", "note", words, "Set EDITOR, or install VS Code's `code` command.")
    else:
        yield Finding("editor", "good", f"{Path(command[0]).stem} opens files")
    if not (workspace.root / ".vscode" / "settings.json").is_file():
        words = "the workspace has no .vscode, so the Test Explorer is not set up"
        yield Finding("VS Code", "note", words, "Bring .vscode back from git.")
    else:
        yield Finding("VS Code", "good", "settings, tasks and debugging are set up")


def check_git(workspace: Workspace) -> Iterator[Finding]:
    """Whether Git keeps the work, and the journal with it."""
    git = shutil.which("git")
    if git is None or not (workspace.root / ".git").exists():
        words = "this workspace is not under Git, so nothing is kept but on this disk"
        yield Finding("git", "note", words, "git init && git add -A && git commit -m Begin")
        return
    state = _git(git, workspace.root, "status", "--porcelain", "-uall", "--", "katas", ".kata")
    if state is None:
        words = "Git refuses to work here"
        yield Finding("git", "note", words, "Run `git status` here and follow what it says.")
        return
    ignored = _git(git, workspace.root, "check-ignore", ".kata/journal.jsonl")
    if ignored:
        words = "Git ignores .kata/journal.jsonl, so progress does not travel with your work"
        yield Finding("git", "note", words, "Take .kata out of .gitignore; keep .kata/private in.")
    changed = len(state.splitlines())
    files = "1 file" if changed == 1 else f"{changed} files"
    yield Finding("git", "good", f"{files} not committed" if changed else "all committed")


def _git(git: str, folder: Path, *words: str) -> str | None:
    """What a git command printed; None when it failed in another way than finding nothing."""
    try:
        done = subprocess.run(
            [git, *words], cwd=folder, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode in (0, 1) else None


def check_clock(entries: Sequence[Entry]) -> Iterator[Finding]:
    """Whether the journal has lines from the future: then this clock, or another one, is wrong."""
    latest = max((entry.time for entry in entries), default="")
    if not latest:
        yield Finding("clock", "good", "the journal has no line yet that could contradict it")
        return
    ahead = datetime.fromisoformat(latest).timestamp() - time.time()
    if ahead > _AHEAD_SECONDS:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        words = f"the journal's last line is from {latest}, and this machine says {now}"
        mend = "Set this machine's clock, or that of the other one where you worked."
        yield Finding("clock", "bad", words, mend)
    else:
        yield Finding("clock", "good", "fits the journal")


def check_variables() -> Iterator[Finding]:
    """Variables of the environment that change how katas run."""
    for name, why in (
        ("PYTEST_ADDOPTS", "pytest gets further options from it"),
        ("PYTHONPATH", "modules of other projects may come first"),
    ):
        if os.environ.get(name):
            words = f"{name} is set: {why}"
            yield Finding("environment", "note", words, f"Unset {name} when something is odd.")
