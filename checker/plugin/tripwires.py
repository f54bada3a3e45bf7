"""Tripwires for runs that share their process with code nobody trusts.

No answer to a kata needs to list the garbage collector's objects, to change the code of a
function, to look into memory, or to replace a part of the judge (see `seals`). Whoever does it
reaches for the judge, and the process ends at once, before it can report anything else. It is no
proof against everything that can be done in a shared process; that is what judging from outside
is for.

Source: https://docs.python.org/3/library/audit_events.html; a hook cannot be taken away again.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from checker.audit import EXECUTED, LOOK
from checker.plugin.seals import seal
from checker.verdict import TRIPPED

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from checker.plugin.seals import Seals

_WATCHED = frozenset({
    "gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys.settrace", "sys.setprofile",
    "sys._current_frames", "sys._current_exceptions", "sys.addaudithook", "object.__setattr__",
    "code.__new__", "ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata",
    "ctypes.cdata/buffer", "ctypes.string_at", "ctypes.PyObj_FromPtr",
})  # fmt: skip
_LOOK_SECONDS = 0.02
"""How often seals are compared besides, at whatever event comes."""


class Tripwires:
    """Arms the tripwires when the suite is collected, before a line of the learner's is read.

    Args:
        tell: is given what was reached for, just before the process ends.
    """

    __name__ = "kata-tripwires"

    def __init__(self, tell: Callable[[str], object]) -> None:
        self._tell = tell

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Arm them."""
        import ctypes

        # The harness ends threads with it, and looks it up the first time it does.
        _ = ctypes.pythonapi.PyThreadState_SetAsyncExc
        sys.addaudithook(_hook(self._tell, seal(session)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Compare the seals when a test has run, before anything is tidied up."""
        try:
            return (yield)
        finally:
            sys.audit(LOOK)


def _hook(tell: Callable[[str], object], seals: Seals) -> Callable[[str, tuple[Any, ...]], None]:
    # All that it uses is bound here: what stands in a module, others can replace.
    watched, leave, code, look, pause = _WATCHED, os._exit, TRIPPED, LOOK, _LOOK_SECONDS
    replaced, add, executed, now = seals.replaced, seals.add, EXECUTED, time.monotonic
    kind, harmless, due = type, _greenlet(), now()

    def reaches(event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "object.__setattr__":
            return bool(arguments[1] == "__code__")
        # greenlet, which SQLAlchemy is built on, asks for its own when a thread ends.
        return event != "gc.get_referrers" or {kind(one) for one in arguments[0]} != {harmless}

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal due
        reached = event if event in watched and reaches(event, arguments) else ""
        if not reached and (event in (executed, look) or now() > due):
            if event == executed:
                add(arguments[0])
            due = now() + pause
            reached = replaced()
        if reached:
            try:
                tell(reached)
            finally:
                leave(code)

    return hook


def _greenlet() -> object:
    """The class of greenlets; None where there are none."""
    try:
        return importlib.import_module("greenlet").greenlet
    except ImportError:
        return None
