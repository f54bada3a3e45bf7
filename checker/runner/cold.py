"""Runs each suite in a fresh interpreter, for systems without ``fork``."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from checker.runner.messages import Gone, Over, Sent
from checker.runner.spec import run_environment
from checker.verdict import End

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.runner.spec import Spec


class ColdRunner:
    """Runs suites in interpreters of their own; a thread a run reads what it sends."""

    starts_ahead = False

    def __init__(self) -> None:
        self._queue: queue.Queue[Sent | Over] = queue.Queue()
        self._running: dict[int, _ColdRun] = {}

    def is_up(self, spec: Spec) -> bool:
        """Whether a run can begin at once; services are another runner's matter."""
        return True

    def start(self, spec: Spec) -> None:
        """Begin a run."""
        run = _ColdRun(spec, self._queue)
        self._running[spec.run] = run
        threading.Thread(target=run.work, daemon=True).start()

    def cancel(self, run: int) -> None:
        """End a run; its `Over` message still comes."""
        if run in self._running:
            self._running[run].stop(End("cancelled"))

    def go(self, run: int) -> None:
        """Do nothing: a run of this runner never waits."""

    def messages(self, timeout: float | None = None) -> Iterator[Sent | Over]:
        """Yield what the runs send, until none is left or nothing came for ``timeout`` seconds."""
        while self._running:
            try:
                message = self._queue.get(timeout=timeout)
            except queue.Empty:
                return
            if isinstance(message, Over):
                self._running.pop(message.run, None)
            yield message

    def listen(self, deliver: Callable[[Sent | Over | Gone], object]) -> None:
        """Deliver every message from a thread of its own; in place of `messages`."""

        def work() -> None:
            while True:
                message = self._queue.get()
                if isinstance(message, Over):
                    self._running.pop(message.run, None)
                deliver(message)

        threading.Thread(target=work, name="kata runner", daemon=True).start()

    def close(self) -> None:
        """End every run."""
        for run in list(self._running.values()):
            run.stop(End("cancelled"))
        self._running.clear()

    def __enter__(self) -> ColdRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _ColdRun:
    """One interpreter at work."""

    def __init__(self, spec: Spec, messages: queue.Queue[Sent | Over]) -> None:
        self.spec = spec
        self.messages = messages
        self.end: End | None = None
        self.began = time.monotonic()
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in work()
        options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "checker.runner.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.output,
            env=run_environment(),
            **options,
        )

    def work(self) -> None:
        """Feed the interpreter, pass its events on, enforce the limits, say how it ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(self.spec.to_json()).encode() + b"\n")
            self.process.stdin.close()
        suite_timer = self._timer(self.spec.suite_seconds, "suite limit", self.spec.suite_seconds)
        test_timer: threading.Timer | None = None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if event["event"] == "started":
                    test_timer = self._timer(
                        self.spec.patience, "test limit", self.spec.test_seconds
                    )
                elif event["event"] == "finished" and test_timer:
                    test_timer.cancel()
                self.messages.put(Sent(self.spec.run, event))
        code = self.process.wait()
        for timer in (suite_timer, test_timer):
            if timer:
                timer.cancel()
        end = self.end or End("exited", code)
        size = self.output.seek(0, 2)
        self.output.seek(max(0, size - 4_000))
        printed = self.output.read().decode(errors="replace")
        self.output.close()
        self.messages.put(
            Over(
                self.spec.run,
                End(end.how, code, end.limit, printed),
                time.monotonic() - self.began,
            )
        )

    def stop(self, end: End) -> None:
        """End the interpreter, and on POSIX its whole process group."""
        self.end = self.end or end
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def _timer(self, seconds: float, how: str, limit: float) -> threading.Timer:
        timer = threading.Timer(seconds, self.stop, (End(how, limit=limit),))
        timer.daemon = True
        timer.start()
        return timer
