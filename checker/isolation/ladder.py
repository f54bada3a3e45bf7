"""The steps of isolation that this system offers, found out by taking them.

    namespaces   its own files, processes, network and users; nothing else can be seen
    landlock     everything can be seen to be there, and nothing else be read or written
    limits       memory, processes and files are limited, and the environment is empty

Each step holds those below it. ``python -m checker.isolation.ladder STEP`` takes one and says
what came of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from checker.errors import CheckerError
from checker.isolation import landlock, system
from checker.isolation.cage import (
    FIRST_USER,
    STEPS,
    Cage,
    clean_environment,
    hidden_here,
    readable_here,
)
from checker.scratch import scratch_folder

_PROBE_SECONDS = 30


@dataclass(frozen=True)
class Step:
    """A step of isolation on this system.

    Attributes:
        name: one of ``STEPS``.
        layers: what it consists of here, in words for the report.
        problem: why it is not to be had; "" when it is.
    """

    name: str
    layers: tuple[str, ...] = ()
    problem: str = ""

    def cage(self) -> Cage:
        """The cage of this step, for one run."""
        user = FIRST_USER if hasattr(os, "geteuid") and os.geteuid() == 0 else 0
        return Cage(self.name, readable_here(), hidden_here(), user=user)


def choose(wanted: str) -> Step:
    """The step to grade with.

    Args:
        wanted: one of ``STEPS``, or ``auto`` for the strongest that is to be had.

    Raises:
        CheckerError: it is not to be had. ``auto`` never falls as low as ``limits``, which keeps
            nobody from reading what the grader can read.
    """
    problems = []
    for name in (wanted,) if wanted != "auto" else STEPS[:-1]:
        step = probe(name)
        if not step.problem:
            return step
        problems.append(f"{name}: {step.problem}")
    words = "\n".join(f"  {problem}" for problem in problems)
    raise CheckerError(
        f"Submissions cannot be isolated here as asked for:\n{words}\n"
        "Weaker isolation must be asked for by name: --isolation landlock, or limits. "
        "With limits, a submission can read whatever you can read; "
        "grade in a throw-away container then."
    )


def probe(name: str) -> Step:
    """Take a step in a process of its own."""
    if name == "limits" and not hasattr(os, "fork"):
        return Step(name, problem="this system has no fork, so that only cold runs are to be had")
    if name != "limits" and not system.is_supported():
        return Step(name, problem="only Linux on x86-64 and ARM64 has it")
    with scratch_folder() as scratch:
        scratch.chmod(0o711)
        folder = scratch / "probe"
        folder.mkdir()
        command = [sys.executable, "-m", "checker.isolation.ladder", name, str(folder)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return Step(name, problem=f"no answer in {_PROBE_SECONDS} seconds")
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Step(name, problem=said)
    return Step(name, tuple(json.loads(done.stdout)))


def _take(name: str, folder: str) -> list[str]:
    """Go into a cage of this step, try what a run needs, and tell the layers."""
    from checker.isolation.enter import enter

    before = Path("/proc/self/status").read_text() if sys.platform == "linux" else ""
    os.environ.update(clean_environment(dict(os.environ)))
    try:
        enter(Step(name).cage(), folder)
        Path(folder, "written.txt").write_text("x")
        with tempfile.TemporaryFile():
            pass
        import colorsys  # noqa: F401 - whether a module can still be read

        import fastapi.templating  # noqa: F401 - the same, of the environment
    except ImportError as error:
        raise SystemExit(f"inside, Python cannot read what it needs: {error}") from error
    return _layers(name, before)


def _layers(name: str, before: str) -> list[str]:
    layers = []
    if name == "namespaces":
        proc = "" if os.path.isdir("/proc/self") else ", without /proc"  # noqa: PTH112
        layers += [f"files of its own{proc}", "processes of its own", "no network", "own host name"]
    if hasattr(os, "geteuid"):
        was_root = "\nUid:\t0\t" in before
        layers.append(f"user {os.geteuid()} instead of root" if was_root else "the grader's user")
    version = landlock.version()
    if name != "limits" and version:
        layers.append(f"Landlock {version}")
    if system.is_supported():
        layers += ["no new privileges, no capabilities", "a filter of system calls"]
    return [*layers, "limits of memory, processes, files and time"]


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(_take(*sys.argv[1:])))
    except OSError as failed:
        raise SystemExit(str(failed)) from failed
