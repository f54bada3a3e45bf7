"""Open files in the learner's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from checker.workspace import edit_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.catalog import Kata


def editor_command() -> list[str] | None:
    """The editor to use: the VS Code we run in, else ``VISUAL`` or ``EDITOR``, else VS Code.

    Returns:
        The command's words; None when there is no editor to be found.
    """
    inside_code = os.environ.get("TERM_PROGRAM") == "vscode"
    code = next((shutil.which(name) for name in ("code", "code-insiders", "codium", "cursor")
                 if shutil.which(name)), None)  # fmt: skip
    if inside_code and code:
        return [code, "--reuse-window"]
    for name in ("KATA_EDITOR", "VISUAL", "EDITOR"):
        if os.environ.get(name):
            words = shlex.split(os.environ[name], posix=os.name == "posix")
            if words and shutil.which(words[0]):
                return words
    return [code, "--reuse-window"] if code else None


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
