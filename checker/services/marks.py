"""Who uses a server at this moment: a locked file a user, which its death unlocks."""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from pathlib import Path

_numbers = itertools.count()


class Mark:
    """Says that somebody uses a server, until it is taken back or the process dies.

    Args:
        control: the server's control folder.
    """

    def __init__(self, control: Path) -> None:
        folder = control / "users"
        folder.mkdir(exist_ok=True)
        self._lock = FileLock(folder / f"{os.getpid()}-{next(_numbers)}")
        self._lock.acquire()

    def holds(self) -> bool:
        """Whether the mark is still seen; it is not when somebody removed its folder."""
        return os.path.exists(self._lock.lock_file)  # noqa: PTH110 - the lock knows it as a text

    def take_back(self) -> None:
        """Say that the server is not used any more."""
        self._lock.release()
        with contextlib.suppress(OSError):
            os.unlink(self._lock.lock_file)  # noqa: PTH108 - the lock knows its file as a text


def users(control: Path) -> int:
    """How many processes use the server; marks of the dead are removed."""
    count = 0
    for file in sorted((control / "users").glob("*")):
        try:
            # Removed while it is held: whoever waits for it then notices, and makes a new one.
            with FileLock(file, timeout=0), contextlib.suppress(OSError):
                file.unlink()
        except Timeout:
            count += 1
    return count


def keep(control: Path, *, up: bool) -> None:
    """Have the server stay up without users, or stop as soon as there is none."""
    wanted, other = ("keep", "stop") if up else ("stop", "keep")
    (control / other).unlink(missing_ok=True)
    (control / wanted).touch()


def is_kept(control: Path) -> bool:
    """Whether the server is to stay up without users."""
    return (control / "keep").exists()


def is_unwanted(control: Path) -> bool:
    """Whether somebody asked for the server's end."""
    return (control / "stop").exists()
