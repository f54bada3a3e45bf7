"""The terminal of a watch session: its second screen, its keys, and how an editor borrows it."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from checker.watch.keys import raw_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Terminal:
    """The terminal while a session has it; use it in a ``with`` statement.

    Args:
        deliver: takes each key, from another thread; see `raw_keys`.
    """

    def __init__(self, deliver: Callable[[str], object]) -> None:
        self._deliver = deliver
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Terminal:
        self._stack.enter_context(full_screen())
        self._stack.enter_context(raw_keys(self._deliver))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Give the terminal to another program for a while, as it was before the session."""
        self._stack.close()
        try:
            yield
        finally:
            self.__enter__()


def terminal_size() -> os.terminal_size:
    """The terminal's size; 80×24 where it cannot be known."""
    try:
        return os.get_terminal_size()
    except OSError:
        return os.terminal_size((80, 24))


@contextlib.contextmanager
def full_screen() -> Iterator[None]:
    """Use the terminal's second screen, without cursor or line wrapping; give the first back."""
    if os.name == "nt":
        os.system("")  # noqa: S605, S607 - switches the console to escape sequences
    sys.stdout.write("\x1b[?1049h\x1b[?25l\x1b[?7l")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?7h\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()
