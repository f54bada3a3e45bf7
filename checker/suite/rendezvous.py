"""A meeting point that is only passed when several requests are in flight at once."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class RendezvousMissed(Exception):  # noqa: N818 - it says what happened, as TimeoutError does
    """Somebody waited alone until the time was over."""


class Rendezvous:
    """Lets callers through only when enough of them are there, from coroutines and threads alike.

    Nothing is slept away: when the app can hold ``parties`` requests in flight, all pass at once.
    When it cannot, the first caller waits ``seconds`` in vain and gets `RendezvousMissed`.

    Args:
        parties: how many callers must be there at once.
        seconds: how long one waits for the others.
    """

    def __init__(self, parties: int = 2, seconds: float = 0.5) -> None:
        self.parties = parties
        self.seconds = seconds
        self._lock = threading.Lock()
        self._arrived = 0
        self._present = 0
        self._open = False
        self._wakers: list[Callable[[], object]] = []

    @property
    def arrived(self) -> int:
        """How many callers have come so far, those that gave up included."""
        return self._arrived

    @property
    def met(self) -> bool:
        """Whether enough callers were there at once."""
        return self._open

    async def arrive(self) -> None:
        """Wait for the others without blocking the event loop.

        Raises:
            RendezvousMissed: they did not come in time.
        """
        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        wake = partial(loop.call_soon_threadsafe, event.set)
        if self._enter(wake):
            return
        try:
            await asyncio.wait_for(event.wait(), self.seconds)
        except TimeoutError:
            self._give_up(wake)

    def arrive_blocking(self) -> None:
        """Wait for the others and block the thread meanwhile.

        Raises:
            RendezvousMissed: they did not come in time.
        """
        event = threading.Event()
        if not self._enter(event.set) and not event.wait(self.seconds):
            self._give_up(event.set)

    def _enter(self, waker: Callable[[], object]) -> bool:
        """Come in; whether the way is open. When it opens, everybody who waits is woken."""
        with self._lock:
            self._arrived += 1
            self._present += 1
            if self._present >= self.parties:
                self._open = True
            if not self._open:
                self._wakers.append(waker)
                return False
            wakers, self._wakers = self._wakers, []
        for wake in wakers:
            wake()
        return True

    def _give_up(self, waker: Callable[[], object]) -> None:
        """Leave again: who has left is not there when the next one comes.

        Raises:
            RendezvousMissed: unless the way has opened in this very moment.
        """
        with self._lock:
            if self._open:
                return
            self._wakers.remove(waker)
            self._present -= 1
        raise RendezvousMissed(f"{self._arrived} of {self.parties} requests came, one by one")
