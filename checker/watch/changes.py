"""Notice that a kata's files were saved, by notification and by looking.

Notifications are fast, and silently dead on some file systems; so every half second the files of
the kata at work are also looked at. When that finds what no notification told, it is said, and
looking goes on.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.diagnosis import is_far_folder
from checker.files import files_below

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK_SECONDS = 0.5
# How long a burst of writes may go quiet before it counts as one save, in milliseconds.
QUIET_MS = 10
_IGNORED = (".swp", ".swx", ".tmp", "~", ".pyc", ".crdownload")


@dataclass(frozen=True)
class Saved:
    """Files of a kata were written, made or removed.

    Attributes:
        names: the files' names.
        told: whether a notification told it; else looking found it.
    """

    names: tuple[str, ...]
    told: bool


Signature = dict[str, tuple[int, int, int]]


def signature(folder: Path) -> Signature:
    """What tells that a file was saved: its time, size and inode, for each file of a kata."""
    found: Signature = {}
    if not folder.is_dir():
        return found
    for name, path in files_below(folder).items():
        if is_ignored(name):
            continue
        try:
            stat = path.stat()
        except OSError:
            continue
        found[name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def is_ignored(name: str) -> bool:
    """Whether a file is an editor's own, not the learner's work."""
    last = name.rpartition("/")[2]
    return last.startswith((".#", "#", ".")) or last.endswith(_IGNORED) or last == "4913"


class Watcher:
    """Tells of saves in one kata's folder at a time.

    Args:
        katas: the folder that holds all katas.
        deliver: takes each `Saved`, from another thread.
    """

    def __init__(self, katas: Path, deliver: Callable[[Saved], object]) -> None:
        self._katas = katas
        self._deliver = deliver
        self._folder = katas
        self._seen: Signature = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._missed = 0
        self.far = is_far_folder(katas)
        self.broken = ""

    @property
    def way(self) -> str:
        """How saves are noticed: ``notified``, or ``looking`` where notifications are dead."""
        return "looking" if self.far or self.broken or self._missed > 1 else "notified"

    def start(self) -> None:
        """Begin to watch."""
        if not self.far:
            threading.Thread(target=self._listen, name="kata notifications", daemon=True).start()
        threading.Thread(target=self._look, name="kata looking", daemon=True).start()

    def follow(self, folder: Path) -> None:
        """Tell of saves in this kata's folder from now on."""
        with self._lock:
            self._folder = folder
            self._seen = signature(folder)

    def stop(self) -> None:
        """End both threads."""
        self._stop.set()

    def _listen(self) -> None:
        try:
            from watchfiles import watch

            for _ in watch(
                self._katas,
                watch_filter=lambda _, path: not is_ignored(path.replace("\\", "/")),
                step=QUIET_MS,
                debounce=100,
                rust_timeout=500,
                yield_on_timeout=False,
                stop_event=self._stop,
                raise_interrupt=False,
            ):
                self._compare(told=True)
        except (ImportError, OSError, RuntimeError) as error:
            # No notifications here, or no more watches to be had: looking goes on.
            self.broken = str(error)

    def _look(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            if signature(self._folder) != self._seen:
                # A notification may be on its way: it gets a moment to be first.
                time.sleep(0.05)
                self._compare(told=False)

    def _compare(self, *, told: bool) -> None:
        with self._lock:
            before, now = self._seen, signature(self._folder)
            if now == before:
                return
            self._missed = 0 if told else self._missed + 1
            self._seen = now
        both = sorted(set(now) | set(before))
        self._deliver(Saved(tuple(n for n in both if now.get(n) != before.get(n)), told))
