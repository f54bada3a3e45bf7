"""A runner whose runs are leased the services that they need."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from checker.errors import CheckerError
from checker.runner.messages import Over, Sent
from checker.suite.gateway import PORTS
from checker.verdict import End

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.isolation.doors import Bridge
    from checker.runner import Runner
    from checker.runner.messages import Gone
    from checker.runner.spec import Spec


class LendingRunner:
    """Passes everything on to another runner, and has the services of its runs up.

    Servers are started with the first run that needs one and stay up until `close`. A run whose
    services cannot be had is over at once, with an event that says why.

    Args:
        runner: what runs the suites.
        bridge: leads caged runs to their services; None where there are none.
    """

    def __init__(self, runner: Runner, bridge: Bridge | None = None) -> None:
        self._runner = runner
        self._bridge = bridge
        self.starts_ahead = runner.starts_ahead
        self._pool: Any = None
        self._loans: dict[int, Any] = {}
        self._refused: deque[Sent | Over] = deque()
        self._deliver: Callable[[Sent | Over | Gone], object] | None = None

    @property
    def pid(self) -> int:
        """The warm process."""
        return int(self._runner.pid)  # type: ignore[attr-defined]

    def is_up(self, spec: Spec) -> bool:
        """Whether a run can begin at once: no server has to be started for it."""
        return not spec.services or (self._pool is not None and self._pool.is_up(spec.services))

    def start(self, spec: Spec) -> None:
        """Begin a run, with what it needs."""
        if spec.services:
            try:
                loan = self._lend(spec.services)
            except CheckerError as error:
                self._refuse(spec.run, error)
                return
            self._loans[spec.run] = loan
            spec = replace(spec, environment={**spec.environment, **loan.environment})
            if spec.cage is not None and self._bridge is not None:
                spec = _with_doors(spec, loan.environment, self._bridge)
        self._runner.start(spec)

    def cancel(self, run: int) -> None:
        """End a run; its `Over` message still comes."""
        self._runner.cancel(run)

    def go(self, run: int) -> None:
        """Let a run go on that was started with ``wait``."""
        self._runner.go(run)

    def messages(self, timeout: float | None = None) -> Iterator[Sent | Over]:
        """Yield what the runs send, until none is left or nothing came for ``timeout`` seconds."""
        came = True
        while came or self._refused:
            came = False
            while self._refused:
                yield self._refused.popleft()
            for message in self._runner.messages(timeout):
                came = True
                self._note(message)
                yield message
                while self._refused:
                    yield self._refused.popleft()

    def listen(self, deliver: Callable[[Sent | Over | Gone], object]) -> None:
        """Deliver every message from a thread of its own; in place of `messages`."""
        self._deliver = deliver

        def note(message: Sent | Over | Gone) -> None:
            self._note(message)
            deliver(message)

        self._runner.listen(note)

    def close(self) -> None:
        """End every run and the process behind them; give the services back."""
        self._runner.close()
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _lend(self, services: tuple[str, ...]) -> Any:
        if self._pool is None:
            from checker.services.pool import Pool
            from checker.workspace import find_workspace

            self._pool = Pool(find_workspace().private)
        return self._pool.lend(services)

    def _note(self, message: Sent | Over | Gone) -> None:
        if isinstance(message, Over):
            loan = self._loans.pop(message.run, None)
            if loan is not None and self._pool is not None:
                self._pool.take_back(loan)

    def _refuse(self, run: int, error: CheckerError) -> None:
        event = {
            "event": "unavailable",
            "message": getattr(error, "message", str(error)),
            "advice": getattr(error, "advice", ""),
        }
        for message in (Sent(run, event), Over(run, End(), 0.0)):
            if self._deliver is not None:
                self._deliver(message)
            else:
                self._refused.append(message)

    def __enter__(self) -> LendingRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _with_doors(spec: Spec, leases: dict[str, str], bridge: Bridge) -> Spec:
    """A caged run's spec, with a way to each server that it was leased something in."""
    assert spec.cage is not None
    doors, environment = [], dict(spec.environment)
    for variable, url in leases.items():
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme.partition("+")[0]]
        doors.append(bridge.door(parts.hostname or "127.0.0.1", port))
        if spec.cage["step"] == "namespaces":
            # Behind the door, wherever the server is, it is at this address.
            login, at, _ = parts.netloc.rpartition("@")
            where = f"{login}{at}127.0.0.1:{port}"
            environment[variable] = urlunsplit(parts._replace(netloc=where))
    return replace(spec, environment=environment, cage={**spec.cage, "doors": doors})
