"""Tripwires for runs that share their process with code nobody trusts.

No answer to a kata needs to list the garbage collector's objects, to change the code of a
function, or to look into memory. Whoever does it reaches for the judge, and the process ends at
once, before it can report anything else. It is no proof against
everything that can be done in a shared process; that is what judging from outside is for.

Source: https://docs.python.org/3/library/audit_events.html; a hook cannot be taken away again.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from checker.verdict import TRIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

_WATCHED = frozenset({
    "gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys.settrace", "sys.setprofile",
    "sys._current_frames", "sys._current_exceptions", "sys.addaudithook", "object.__setattr__",
    "code.__new__", "ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata",
    "ctypes.cdata/buffer", "ctypes.string_at", "ctypes.PyObj_FromPtr",
})  # fmt: skip


class Tripwires:
    """Arms the tripwires when the suite is collected, before a line of the learner's is read.

    Args:
        tell: is given what was reached for, just before the process ends.
    """

    __name__ = "kata-tripwires"

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Arm them."""
        import ctypes

        # The harness ends threads with it, and looks it up the first time it does.
        _ = ctypes.pythonapi.PyThreadState_SetAsyncExc
        sys.addaudithook(_hook(self._tell))


def _hook(tell: Callable[[str], object]) -> Callable[[str, tuple[object, ...]], None]:
    # All that it uses is bound here: what stands in a module, others can replace.
    watched, leave, code = _WATCHED, os._exit, TRIPPED

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in watched and (event != "object.__setattr__" or arguments[1] == "__code__"):
            try:
                tell(event)
            finally:
                leave(code)

    return hook
