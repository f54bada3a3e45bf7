"""What a runner tells about its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checker.verdict import End


@dataclass(frozen=True)
class Sent:
    """A run sent an event.

    Attributes:
        run: the run's number.
        event: see ``checker.verdict``.
    """

    run: int
    event: dict[str, Any]


@dataclass(frozen=True)
class Over:
    """A run's process has ended.

    Attributes:
        run: the run's number.
        end: how it ended.
        seconds: from its start to its end.
    """

    run: int
    end: End
    seconds: float


@dataclass(frozen=True)
class Gone:
    """The process behind the runner has died; nothing more comes from it.

    Attributes:
        reason: what happened and what to do.
    """

    reason: str
