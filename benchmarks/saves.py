"""From a save to the verdict: watch, a cold pytest, and pytest-watcher, in turn."""

from __future__ import annotations

import contextlib
import importlib.util
import queue
import subprocess
import threading
import time
from itertools import count
from typing import IO, TYPE_CHECKING

from benchmarks.harness import Series, clean_environment, python, race, ratio, show, timed

if TYPE_CHECKING:
    from pathlib import Path

KATA = "beginner/03_read_and_add_books"
_PATIENCE = 60.0


class Follower:
    """A program that stays, whose output lines are waited for.

    Args:
        command: its words.
        cwd: where it runs.
    """

    def __init__(self, command: list[str], cwd: Path) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        assert self.process.stdout is not None
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)

    def wait_for(self, text: str) -> str:
        """The next line that holds ``text``."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            line = self._lines.get(timeout=max(0.01, deadline - time.monotonic()))
            if text in line:
                return line

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.process.kill()
        self.process.wait()


def measure(ours_in: Path, theirs_in: Path, rounds: int) -> None:
    """Print the times from a save to the verdict on one solved kata.

    Args:
        ours_in: a workspace for `checker watch` and the cold pytest.
        theirs_in: a workspace for pytest-watcher, so that neither wakes the other.
        rounds: how often each is measured.
    """
    print(f"\nFrom a save to the verdict ({KATA}, solved; {rounds} rounds)")
    kata = f"katas/{KATA}"
    plain = ["-p", "no:randomly", "-p", "no:cacheprovider"]
    watch = Follower(python("-m", "checker", "watch", "--lines", KATA), ours_in)
    followers = [watch]
    tests = watch.wait_for("solved").rpartition(" of ")[2].strip()

    def by_watch() -> float:
        seconds = save_and_wait(ours_in / kata, watch, f"{tests} of {tests}")
        watch.wait_for(" s)")
        return seconds

    ours = Series("checker watch", by_watch)
    cold = Series("cold pytest", lambda: timed(python("-m", "pytest", "-q", *plain, kata), ours_in))
    contestants = [ours, cold]
    if importlib.util.find_spec("pytest_watcher"):
        command = python("-m", "pytest_watcher", ".", "--now", "--patterns", "**/*.py", *plain)
        peer = Follower(command, theirs_in / kata)
        followers.append(peer)
        peer.wait_for(f"{tests} passed")

        def by_peer() -> float:
            return save_and_wait(theirs_in / kata, peer, f"{tests} passed")

        contestants.append(Series("pytest-watcher", by_peer))
    else:
        print("  (pytest-watcher is not installed: pip install pytest-watcher)")
    try:
        race(rounds, *contestants)
    finally:
        for follower in followers:
            follower.stop()
    for series in contestants:
        show(series)
    for series in contestants[1:]:
        print(f"    checker watch takes {ratio(ours, series):.3f} of {series.name}")


_saves = count(1)


def save_and_wait(folder: Path, follower: Follower, text: str) -> float:
    """Save the learner's file with a new last line and wait for a line of output."""
    app = folder / "app.py"
    body = app.read_text().partition("\n# save ")[0]
    time.sleep(0.5)  # let both watchers come to rest
    began = time.perf_counter()
    app.write_text(f"{body}\n# save {next(_saves)}\n")
    follower.wait_for(text)
    return time.perf_counter() - began
