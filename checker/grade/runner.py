"""The runner of caged runs: a warm process that knows nothing of whoever started it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from checker.errors import CheckerError
from checker.isolation.cage import clean_environment
from checker.isolation.doors import Bridge
from checker.runner.lending import LendingRunner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from checker.runner import Runner


@contextlib.contextmanager
def open_caged_runner(scratch: Path) -> Iterator[Runner]:
    """Start a warm process with an emptied environment, and the way to the services.

    Args:
        scratch: a folder of the grader's; submissions get to see what is staged in it.

    Raises:
        CheckerError: this system cannot fork.
    """
    if not hasattr(os, "fork"):
        raise CheckerError("Grading needs a system with fork: Linux, macOS, or WSL on Windows.")
    from checker.runner.warm import WarmRunner

    scratch.chmod(0o711)  # other users than the grader's pass through it, and list nothing
    doors = scratch / "doors"
    doors.mkdir()
    doors.chmod(0o755)
    environment = clean_environment(dict(os.environ))
    with (
        Bridge(doors) as bridge,
        LendingRunner(WarmRunner(environment=environment), bridge) as runner,
    ):
        yield runner
