"""Ends a test that takes too long, from inside the process.

The runner enforces the same limit from outside; this one serves plain pytest and keeps the other
tests of a suite running. It raises an exception in the main thread: by a timer signal where the
system has one, else from a watching thread.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class TestTookTooLong(BaseException):
    """A test passed its limit; a BaseException, so that ``except Exception`` lets it through."""

    __test__ = False


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TestTookTooLong` in the main thread when the block takes longer than ``seconds``.

    Under a debugger there is no limit: a breakpoint is no endless loop.
    """
    if "debugpy" in sys.modules or threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "setitimer"):
        with _signal_limit(seconds):
            yield
    else:
        with _thread_limit(seconds):
            yield


@contextlib.contextmanager
def _signal_limit(seconds: float) -> Iterator[None]:
    def ring(_signal: int, _frame: Any) -> None:
        raise TestTookTooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _thread_limit(seconds: float) -> Iterator[None]:
    main = threading.main_thread().ident
    done = threading.Event()

    def watch() -> None:
        import ctypes

        if not done.wait(seconds) and main:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(main), ctypes.py_object(TestTookTooLong)
            )

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()
