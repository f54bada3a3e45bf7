"""Single keys from the terminal, the same on POSIX and Windows."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SEQUENCES = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\x1b": "escape",
    " ": "page down",
    "\r": "enter",
    "\n": "enter",
    "\x03": "q",
    "\x04": "q",
}


@contextlib.contextmanager
def raw_keys(deliver: Callable[[str], object]) -> Iterator[None]:
    """Deliver each key from another thread, and leave the terminal as it was.

    Args:
        deliver: takes a letter, or a word such as ``up`` or ``escape``.
    """
    if os.name == "nt":
        with _windows_keys(deliver):
            yield
    else:
        with _posix_keys(deliver):
            yield


@contextlib.contextmanager
def _posix_keys(deliver: Callable[[str], object]) -> Iterator[None]:
    import select
    import termios
    import tty

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            ready, _, _ = select.select([fd], [], [], 0.2)
            if not ready:
                continue
            data = os.read(fd, 64)
            if not data:  # the terminal is gone
                deliver("q")
                return
            for key in split_keys(data.decode(errors="ignore")):
                deliver(key)

    thread = threading.Thread(target=work, name="kata keys", daemon=True)
    tty.setcbreak(fd)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(1)
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _windows_keys(deliver: Callable[[str], object]) -> Iterator[None]:
    done = threading.Event()

    def work() -> None:
        import msvcrt
        import time

        arrows = {"H": "up", "P": "down", "I": "page up", "Q": "page down"}
        while not done.is_set():
            if not msvcrt.kbhit():  # type: ignore[attr-defined]
                time.sleep(0.03)
                continue
            key = msvcrt.getwch()  # type: ignore[attr-defined]
            if key in "\x00\xe0":
                deliver(arrows.get(msvcrt.getwch(), ""))  # type: ignore[attr-defined]
            else:
                deliver(_SEQUENCES.get(key, key.lower()))

    threading.Thread(target=work, name="kata keys", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def split_keys(text: str) -> list[str]:
    r"""Split what a terminal sent into keys: ``"h\\x1b[A"`` into ``["h", "up"]``."""
    keys = []
    while text:
        for sequence, name in _SEQUENCES.items():
            if len(sequence) > 1 and text.startswith(sequence):
                keys.append(name)
                text = text[len(sequence) :]
                break
        else:
            keys.append(_SEQUENCES.get(text[0], text[0].lower()))
            text = text[1:]
    return keys
