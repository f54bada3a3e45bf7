"""Where the time of a save goes, and what is left when nothing but the suite's own work is."""

from __future__ import annotations

import statistics
import subprocess
import time
from typing import TYPE_CHECKING

from benchmarks.harness import ROOT, clean_environment, python
from checker.runner import Over
from checker.runner.spec import Spec
from checker.runner.warm import WarmRunner

if TYPE_CHECKING:
    from pathlib import Path

# Runs the suite again and again in one interpreter, where everything is imported and compiled.
_IN_PROCESS = """
import sys, time
from checker.runner import child, server
from checker.runner.spec import Spec

folder, rounds, compiled = sys.argv[1], int(sys.argv[2]), sys.argv[3]
server.preload()
for turn in range(rounds + 2):
    marks = []
    began = time.perf_counter()
    child.run_suite(
        Spec(turn, folder, folder), lambda line: marks.append((time.perf_counter(), line)), compiled
    )
    starts = [at for at, line in marks if b'"event": "started"' in line]
    ends = [at for at, line in marks if b'"event": "finished"' in line]
    if turn > 1:
        print(time.perf_counter() - began, ends[-1] - starts[0])
    sys.modules.pop("test_app", None)
"""


def measure(workspace: Path, kata: str, rounds: int) -> None:
    """Print how long each part of a run takes on the warm runner, and the floor beside it."""
    folder = workspace / "katas" / kata
    print(f"\nWhere the time goes ({kata}, solved; medians of {rounds} rounds)")
    parts: dict[str, list[float]] = {}
    compiled = str(workspace / ".kata" / "private" / "compiled")
    with WarmRunner() as runner:
        for turn in range(rounds + 2):
            laps = _laps(runner, Spec(turn + 1, str(folder), str(folder), compiled=compiled))
            for name, seconds in laps.items() if turn > 1 else ():
                parts.setdefault(name, []).append(seconds)
    for name, times in parts.items():
        print(f"  {name:<46} {statistics.median(times) * 1000:>8.1f} ms")
    done = subprocess.run(
        python("-c", _IN_PROCESS, str(folder), str(rounds), compiled),
        cwd=ROOT, env=clean_environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    whole = statistics.median(pair[0] for pair in pairs) * 1000
    tests = statistics.median(pair[1] for pair in pairs) * 1000
    print(f"  floor: the suite in one warm interpreter       {whole:>8.1f} ms")
    print(f"  floor: of these, its tests alone               {tests:>8.1f} ms")


def _laps(runner: WarmRunner, spec: Spec) -> dict[str, float]:
    """One run, cut at its events."""
    began = last = time.perf_counter()
    laps = {}
    names = {
        "collected": "fork, configure pytest, collect",
        "ended": "run the tests",
    }
    runner.start(spec)
    for message in runner.messages():
        name = "end the process" if isinstance(message, Over) else names.get(message.event["event"])
        if name:
            now = time.perf_counter()
            laps[name], last = now - last, now
    return {**laps, "in all": last - began}
