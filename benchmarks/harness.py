"""Measure commands side by side: in turn, A B A B …, so that a drifting machine is fair to both."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Series:
    """What one contestant took, in seconds, run by run.

    Attributes:
        name: what it is.
        run: does it once and returns the seconds it took.
        times: what the runs took.
    """

    name: str
    run: Callable[[], float]
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle time, in seconds."""
        return statistics.median(self.times)


def race(rounds: int, *series: Series, warm_up: int = 1) -> None:
    """Run each contestant in turn, ``rounds`` times after a warm-up that is not counted."""
    for turn in range(warm_up + rounds):
        for one in series:
            seconds = one.run()
            if turn >= warm_up:
                one.times.append(seconds)


def ratio(one: Series, other: Series) -> float:
    """The median of the pairwise ratios of two contestants of the same race."""
    return statistics.median(a / b for a, b in zip(one.times, other.times, strict=True))


def show(series: Series) -> None:
    """Print a contestant's median and spread."""
    low, high = min(series.times) * 1000, max(series.times) * 1000
    print(
        f"  {series.name:<46} {series.median * 1000:>8.0f} ms  ({low:.0f}-{high:.0f})", flush=True
    )


def timed(command: list[str], cwd: Path, *, expect: int | None = 0, **environment: str) -> float:
    """Run a command to its end and return the seconds; its exit code must be the expected one.

    Raises:
        SystemExit: it ended with another exit code: the contest would not be one.
    """
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=cwd, env=clean_environment(**environment), capture_output=True, check=False
    )
    seconds = time.perf_counter() - began
    if expect is not None and done.returncode != expect:
        tail = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{tail}")
    return seconds


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what would change how the contestants run."""
    left_out = ("PYTEST_", "KATA_", "FORCE_COLOR")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
    # pytest-watcher starts whatever `pytest` comes first on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "PYTHONUTF8": "1", "NO_COLOR": "1", **more}


def python(*words: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *words]


def copy_workspace(target: Path, *, solved: bool) -> Path:
    """Copy the katas into a workspace of their own, with the references over the stubs if asked."""
    from checker.candidate import reference_of
    from checker.catalog import load_catalog

    shutil.copytree(ROOT / "katas", target / "katas", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", target / "pyproject.toml")
    if solved:
        for kata in load_catalog(target / "katas"):
            reference = reference_of(kata, ROOT / "solutions" / kata.name)
            for name, path in reference.files.items():
                (kata.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, kata.folder / name)
    return target
