"""Memory of the warm process and of a child, and whether a thousand runs leave anything behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from checker.candidate import Slots, reference_of, stage
from checker.catalog import load_catalog
from checker.execute import Job, run_jobs
from checker.runner.spec import Spec
from checker.runner.warm import WarmRunner
from checker.scratch import scratch_folder
from checker.verdict import Context


def measure(root: Path, runs: int) -> None:
    """Print memory and leftovers of ``runs`` runs of one suite (Linux only)."""
    print(f"\nResources ({runs} runs of 03_read_and_add_books, solved)")
    if not Path("/proc/self/smaps_rollup").exists():
        print("  (only where /proc tells memory: Linux)")
        return
    kata = next(k for k in load_catalog(root / "katas") if k.slug == "read_and_add_books")
    with WarmRunner() as runner, scratch_folder() as scratch:
        slots = Slots(scratch)
        folder = stage(kata, reference_of(kata, root / "solutions" / kata.name), slots.take())

        def prepare(number: int) -> Spec:
            return Spec(number, str(folder), str(folder))

        jobs = [Job(prepare, Context(kata.name)) for _ in range(runs)]
        server = runner.pid
        children: list[int] = []
        first = None

        def look(_job: Job, event: dict[str, object]) -> None:
            if event["event"] == "finished" and len(children) < 200:
                children.extend(_pss(pid) for pid in _children(server))

        for done, (_, verdict) in enumerate(run_jobs(runner, jobs, 2, look), 1):
            if verdict.kind != "solved":
                raise SystemExit(f"Run {done} was {verdict.kind}: {verdict.message}")
            if done == min(20, runs):
                first = _state(server)
        last = _state(server)
        assert first is not None
        print(f"  warm process: {last['rss'] >> 20} MB resident, {last['threads']} thread")
        biggest = max(children, default=0)
        print(f"  a child: {biggest >> 20} MB of its own and its share (PSS), at the most")
        for name in ("rss", "fds", "threads", "children"):
            early, late = first[name], last[name]
            print(f"  {name:<9} after {min(20, runs)} runs {early:>10}, after all {late:>10}")
    left = scratch_folders(os.getpid()) + scratch_folders(server)
    print(f"  scratch folders left: {len(left)}; processes left: {int(_alive(server))}")


def scratch_folders(pid: int) -> list[Path]:
    """The scratch folders that a process has made and that are still there."""
    return list(Path(tempfile.gettempdir()).glob(f"kata-scratch-{pid}-*"))


def _state(pid: int) -> dict[str, int]:
    status = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if ":" in line
    )
    return {
        "rss": int(status["VmRSS"].split()[0]) << 10,
        "threads": int(status["Threads"]),
        "fds": sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        "children": len(_children(pid)),
    }


def _children(pid: int) -> list[int]:
    try:
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    return 0


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
