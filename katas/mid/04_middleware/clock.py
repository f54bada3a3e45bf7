"""The shop's clock. Given: use it, do not edit it."""

import time
from collections.abc import Callable

source: Callable[[], float] = time.perf_counter
"""Where the time comes from. The suite puts a clock of its own here."""


def now() -> float:
    """Tell the time in seconds; only the difference of two times means something."""
    return source()
