"""What Linux offers to keep processes from outliving those they work for; no effect elsewhere."""

from __future__ import annotations

import signal
import sys
from typing import Any


def die_with_parent(with_signal: int = getattr(signal, "SIGKILL", signal.SIGTERM)) -> None:
    """Ask Linux to send this process a signal when its parent dies (prctl(2), PR_SET_PDEATHSIG).

    Args:
        with_signal: the signal; it survives an exec, but not a change of the user.
    """
    _prctl(1, with_signal)


def adopt_orphans() -> None:
    """Ask Linux to hand the orphans of this process's children to it, so that it can end them."""
    _prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def _prctl(option: int, value: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(option, value, 0, 0, 0)


def _load_libc() -> Any:
    if sys.platform != "linux":
        return None
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


_LIBC = _load_libc()
