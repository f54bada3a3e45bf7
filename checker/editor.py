"""Open files in the learner's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import CheckerError
from checker.workspace import edit_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.catalog import Kata

_CODE = ("code", "code-insiders", "codium", "cursor")
"""VS Code's command, and those of its kin."""


def editor_command() -> list[str] | None:
    """The editor to use: the VS Code we run in, else ``VISUAL`` or ``EDITOR``, else VS Code.

    Returns:
        The command's words; None when there is no editor to be found.
    """
    inside_code = os.environ.get("TERM_PROGRAM") == "vscode"
    code = _code()
    if inside_code and code:
        return [code, "--reuse-window"]
    for name in ("KATA_EDITOR", "VISUAL", "EDITOR"):
        if os.environ.get(name):
            words = shlex.split(os.environ[name], posix=os.name == "posix")
            if words and shutil.which(words[0]):
                return words
    return [code, "--reuse-window"] if code else None


def in_terminal() -> bool:
    """Whether the editor may need the terminal for itself, as all but VS Code do."""
    command = editor_command()
    return command is not None and Path(command[0]).stem not in _CODE


def _code() -> str | None:
    """The path of VS Code's command, or of one of its kin."""
    return next((path for path in map(shutil.which, _CODE) if path), None)


def compare_files(left: Path, right: Path) -> None:
    """Open two files side by side in VS Code.

    Raises:
        CheckerError: VS Code is not here, or does not start.
    """
    code = _code()
    if code is None:
        raise CheckerError(
            "VS Code's `code` command was not found, and it alone compares side by side. "
            "`checker solution --diff` shows the differences here."
        )
    try:
        done = subprocess.run(
            [code, "--reuse-window", "--diff", str(left), str(right)], check=False
        )
    except OSError as error:
        raise CheckerError(f"{code} could not be started ({error.strerror}).") from error
    if done.returncode:
        raise CheckerError(f"{code} ended with exit code {done.returncode}.")


def open_files(paths: Sequence[Path]) -> str:
    """Open files in the editor and wait for a terminal editor to be done.

    Returns:
        "" when an editor was started, else why not.
    """
    command = editor_command()
    if command is None:
        return "No editor was found. Set EDITOR, or open the files yourself."
    try:
        done = subprocess.run([*command, *map(str, paths)], check=False)
    except OSError as error:
        return f"{command[0]} could not be started ({error.strerror})."
    return "" if done.returncode == 0 else f"{command[0]} ended with exit code {done.returncode}."


def open_kata(kata: Kata) -> str:
    """Open a kata's page and the files that the learner edits, as `open_files` does."""
    names = [name for name in edit_names(kata) if not name.endswith("/")]
    return open_files([kata.folder / "README.md", *(kata.folder / name for name in names)])
