"""A class made from references, variants, traps and stubs: every verdict, the speed, the memory.

    python -m benchmarks.grading                         forty submissions of six katas
    python -m benchmarks.grading --size 400 --kata beginner
    python -m benchmarks.grading --kills 20              kill it at random moments, and go on

The peer is one plain `pytest` process for each submission's kata, one after another on as many
cores, without isolation, on a sample of the same submissions.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.harness import ROOT, clean_environment
from checker.candidate import reference_of, stub_of, traps_of, variants_of
from checker.catalog import load_catalog
from checker.commands.verify import chosen
from checker.runner import suggested_jobs
from checker.workspace import Workspace

if TYPE_CHECKING:
    from checker.candidate import Candidate
    from checker.catalog import Kata

DEFAULT = ("beginner/3", "beginner/5", "beginner/10", "mid/3", "mid/6", "senior/9")
RIGHT = {"reference": ("solved",), "variant": ("solved",), "stub": ("untouched",),
         "trap": ("failing", "timeout", "broken", "crashed")}  # fmt: skip
_SAMPLE = 30


@dataclass(frozen=True)
class Work:
    """One kata of one submission, and what it must come to."""

    learner: str
    kata: str
    candidate: str
    expected: tuple[str, ...]


def make_class(base: Path, katas: list[Kata], size: int, seed: int) -> list[Work]:
    """Hand in ``size`` submissions; each has, of every kata, one candidate by chance."""
    chance, works = random.Random(seed), []
    for number in range(size):
        name = f"learner{number:03}"
        for kata in katas:
            solution = ROOT / "solutions" / kata.name
            traps, variants = traps_of(kata, solution), variants_of(kata, solution)
            one: Candidate = chance.choice(
                [reference_of(kata, solution), chance.choice(variants), stub_of(kata),
                 chance.choice(traps), chance.choice(traps)]
            )  # fmt: skip
            folder = base / name / "katas" / kata.name
            shutil.copytree(kata.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
            for file, path in one.files.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / file)
                if one.role != "stub" and file.endswith(".py"):
                    # Nobody's work is another's, byte by byte; else it would be judged only once.
                    with (folder / file).open("a", encoding="utf-8") as written:
                        written.write(f"# {name}\n")
            works.append(Work(name, kata.name, one.label, RIGHT[one.role]))
    return works


class Weight:
    """The most memory that a process and all below it have had, in bytes."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            total = 0
            try:
                for one in (self._process, *self._process.children(recursive=True)):
                    try:
                        total += one.memory_full_info().pss
                    except psutil.Error:
                        continue
            except psutil.Error:
                return
            self.most = max(self.most, total)

    def stop(self) -> None:
        """Watch no more."""
        self._done.set()


def command(cohort: Path, katas: list[Kata], jobs: int) -> list[str]:
    """The grading command."""
    words = [word for kata in katas for word in ("--kata", kata.name)]
    return [sys.executable, "-m", "checker", "grade", str(cohort), "--json", "--jobs", str(jobs),
            *words]  # fmt: skip


def grade(mentor: Path, words: list[str]) -> tuple[dict[str, Any], float, int]:
    """Grade; gives the grades, the seconds, and the most memory."""
    began = time.perf_counter()
    with subprocess.Popen(
        words, cwd=mentor, env=clean_environment(), stdout=subprocess.PIPE, encoding="utf-8"
    ) as running:
        weight = Weight(running.pid)
        text = running.communicate()[0]
        weight.stop()
    if running.returncode != 0:
        raise SystemExit(f"grading ended with {running.returncode}")
    return json.loads(text), time.perf_counter() - began, weight.most


def wrong(grades: dict[str, Any], works: list[Work]) -> list[str]:
    """The verdicts that are not what they must be."""
    found = {s["name"]: s["katas"] for s in grades["submissions"]}
    return [
        f"{w.learner} {w.kata}, {w.candidate}: {got['verdict']}: {got['message'][:200]}"
        for w in works
        if (got := found[w.learner][w.kata])["verdict"] not in w.expected
    ]


def plain(cohort: Path, works: list[Work], jobs: int) -> float:
    """Seconds that one plain pytest process takes for each of these, ``jobs`` at once."""
    (cohort / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly -p no:cacheprovider\n")

    def run(work: Work) -> None:
        suite = cohort / work.learner / "katas" / work.kata / "test_app.py"
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", str(suite)], cwd=cohort,
            env=clean_environment(KATA_WORKSPACE=str(cohort / work.learner)),
            capture_output=True, check=False,
        )  # fmt: skip

    began = time.perf_counter()
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, works))
    return time.perf_counter() - began


def comparable(grades: dict[str, Any]) -> Any:
    """Grades without times and made-up values."""
    return [
        (s["name"], s["problem"], [(k, g["verdict"], g["passed"], g["test"], g["digest"])
                                   for k, g in sorted(s["katas"].items())])
        for s in grades["submissions"]
    ]  # fmt: skip


def kill_and_go_on(mentor: Path, words: list[str], times: int, seconds: float) -> dict[str, Any]:
    """Kill the grader at random moments, then let it come to its end."""
    for _ in range(times):
        with subprocess.Popen(
            words, cwd=mentor, env=clean_environment(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:  # fmt: skip
            time.sleep(random.uniform(0.5, max(1.0, 1.5 * seconds / times)))
            running.send_signal(signal.SIGKILL)
    return grade(mentor, words)[0]


def main() -> None:
    """Make a class, grade it, and print what came of it."""
    plainly = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plainly)
    parser.add_argument("--size", type=int, default=40)
    parser.add_argument("--kata", action="append", metavar="WHAT")
    parser.add_argument("--jobs", type=int, default=suggested_jobs())
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    katas = chosen(Workspace(ROOT), list(args.kata or DEFAULT))
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as name:
        base = Path(name).resolve()
        works = make_class(base / "class", katas, args.size, args.seed)
        runs = [work for work in works if work.expected != ("untouched",)]
        mentor = base / "mentor"
        (mentor / "katas").mkdir(parents=True)
        for kata in load_catalog(ROOT / "katas"):
            (mentor / "katas" / kata.level).mkdir(exist_ok=True)
            (mentor / "katas" / kata.name).symlink_to(kata.folder)
        words = command(base / "class", katas, args.jobs)
        print(f"{args.size} submissions of {len(katas)} katas, {len(runs)} to be run")
        grades, first, memory = grade(mentor, words)
        _, second, _ = grade(mentor, words)
        bad = wrong(grades, works)
        print(f"  every verdict right: {'yes' if not bad else f'no, {len(bad)} are not'}")
        print("".join(f"    {line}\n" for line in bad), end="")
        print(f"  graded in {first:.1f} s: {60 * args.size / first:.1f} submissions a minute")
        print(f"  the second time, from what is known: {second:.1f} s ({second / first:.3f} of it)")
        print(f"  most memory, of all processes together: {memory / (1 << 20):.0f} MB")
        sample = random.Random(args.seed).sample(runs, min(_SAMPLE, len(runs)))
        peer = plain(base / "class", sample, args.jobs) / len(sample)
        ours = first / len(runs)
        print(f"  a kata: {ours:.2f} s; plain pytest: {peer:.2f} s; ratio {ours / peer:.2f}")
        if args.kills:
            shutil.rmtree(mentor / ".kata" / "private" / "grades", ignore_errors=True)
            after = kill_and_go_on(mentor, words, args.kills, first)
            same = comparable(after) == comparable(grades)
            print(f"  killed {args.kills} times, then the same report: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()
