"""Run suites, each alone in its process, and pass on what they send.

`open_runner` gives the warm runner where ``fork`` is to be had, else the cold one; both are used
the same way:

    with open_runner() as runner:
        runner.start(spec)
        for message in runner.messages():
            ...

A message is ``Sent(run, event)`` or ``Over(run, end, seconds)``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from checker.runner.lending import LendingRunner
from checker.runner.messages import Gone, Over, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checker.runner.spec import Spec

__all__ = ["Gone", "Over", "Runner", "Sent", "open_runner", "suggested_jobs"]


class Runner(Protocol):
    """What both runners can do.

    Attributes:
        starts_ahead: whether a run may be started ahead of its time (``Spec.wait``).
    """

    starts_ahead: bool

    def is_up(self, spec: Spec) -> bool:
        """Whether a run can begin at once: no server has to be started for it."""

    def start(self, spec: Spec) -> None:
        """Begin a run; it goes on while other things happen."""

    def cancel(self, run: int) -> None:
        """End a run; its `Over` message still comes."""

    def go(self, run: int) -> None:
        """Let a run go on that was started with ``wait``."""

    def messages(self, timeout: float | None = None) -> Iterator[Sent | Over]:
        """Yield what the runs send, until none is left or nothing came for ``timeout`` seconds."""

    def listen(self, deliver: Callable[[Sent | Over | Gone], object]) -> None:
        """Deliver every message from a thread of its own; in place of `messages`."""

    def close(self) -> None:
        """End every run and the process behind them."""

    def __enter__(self) -> Runner:
        """Return the runner itself."""

    def __exit__(self, *_: object) -> None:
        """Close it."""


def open_runner(expected: int = 0) -> Runner:
    """Start a runner: warm where the system can fork, else cold.

    ``KATA_RUNNER=cold`` in the environment asks for the cold one.

    Args:
        expected: how many runs there will be; 0 when nobody knows. A single one does without
            the warm-up, which would cost more than it saves.
    """
    if hasattr(os, "fork") and os.environ.get("KATA_RUNNER") != "cold":
        from checker.runner.warm import WarmRunner

        return LendingRunner(WarmRunner(warm_up=expected != 1))
    from checker.runner.cold import ColdRunner

    return LendingRunner(ColdRunner())


def suggested_jobs() -> int:
    """How many suites to run at once: one a core that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
