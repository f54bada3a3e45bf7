"""The client of the warm server."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from checker.errors import CheckerError
from checker.runner.messages import Gone, Over, Sent
from checker.runner.spec import run_environment
from checker.verdict import End

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from checker.runner.spec import Spec


class WarmRunner:
    """Runs suites in children of one warm process, which begins to warm up at once.

    Args:
        warm_up: run a tiny suite in it first, so that every child finds all imported.
        environment: of the warm process; None for this one's own.
    """

    starts_ahead = True

    def __init__(
        self, *, warm_up: bool = True, environment: Mapping[str, str] | None = None
    ) -> None:
        mode = "warm" if warm_up else "imports"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "checker.runner.server", mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=run_environment(environment),
            start_new_session=True,
        )
        assert self._server.stdout is not None
        self.pid = self._server.pid
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server.stdout, selectors.EVENT_READ)
        self._buffer = b""
        self._running: set[int] = set()
        self._closing = False
        self._listening = False

    def is_up(self, spec: Spec) -> bool:
        """Whether a run can begin at once; services are another runner's matter."""
        return True

    def start(self, spec: Spec) -> None:
        """Begin a run."""
        self._running.add(spec.run)
        self._request({"run": spec.to_json()})

    def cancel(self, run: int) -> None:
        """End a run; its `Over` message still comes."""
        if run in self._running:
            self._request({"cancel": run})

    def go(self, run: int) -> None:
        """Let a run go on that was started with ``wait``."""
        self._request({"go": run})

    def messages(self, timeout: float | None = None) -> Iterator[Sent | Over]:
        """Yield what the runs send, until none is left or nothing came for ``timeout`` seconds.

        Raises:
            CheckerError: the warm process died.
        """
        while self._running:
            if not self._selector.select(timeout):
                return
            yield from self.read()

    def read(self) -> list[Sent | Over]:
        """Read what has come; blocks when nothing has.

        Raises:
            CheckerError: the warm process died.
        """
        assert self._server.stdout is not None
        data = self._server.stdout.read(1 << 16)
        if not data:
            raise CheckerError(
                "The process that runs the suites ended unexpectedly "
                f"(exit code {self._server.wait()}). Try again; `checker doctor` looks for causes."
            )
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        found: list[Sent | Over] = []
        for line in lines:
            message = json.loads(line)
            if "event" in message:
                found.append(Sent(message["run"], message["event"]))
            else:
                self._running.discard(message["run"])
                found.append(Over(message["run"], End(**message["end"]), message["seconds"]))
        return found

    def listen(self, deliver: Callable[[Sent | Over | Gone], object]) -> None:
        """Deliver every message from a thread of its own; in place of `messages`."""
        self._listening = True

        def work() -> None:
            try:
                while True:
                    for message in self.read():
                        deliver(message)
            except CheckerError as error:
                if not self._closing:
                    deliver(Gone(str(error)))
            except (OSError, ValueError):
                return  # closed meanwhile

        threading.Thread(target=work, name="kata runner", daemon=True).start()

    def close(self) -> None:
        """End every run and the warm process."""
        self._closing = True
        self._selector.close()
        for stream in (self._server.stdin, self._server.stdout):
            if stream is not None:
                stream.close()
        deadline = time.monotonic() + 3
        while self._server.poll() is None:
            if time.monotonic() > deadline:
                self._server.kill()
                self._server.wait()
                break
            time.sleep(0.002)

    def _request(self, request: dict[str, object]) -> None:
        assert self._server.stdin is not None
        try:
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            if self._listening:
                return  # the listener is about to deliver `Gone`
            raise CheckerError(
                "The process that runs the suites could not be started. "
                "`checker doctor` looks for causes."
            ) from None

    def __enter__(self) -> WarmRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
