"""What ``checker status`` takes, here and in a workspace of 3,000 katas and 100,000 lines."""

from __future__ import annotations

import json
import random
import subprocess
from typing import TYPE_CHECKING

from benchmarks.harness import Series, clean_environment, python, race, ratio, show, timed

if TYPE_CHECKING:
    from pathlib import Path


def measure(finished: Path, scratch: Path, rounds: int) -> None:
    """Print the time of status beside an interpreter that does nothing.

    Args:
        finished: a workspace with every kata solved and a journal that says so.
        scratch: a folder for the made-up workspaces.
        rounds: how often each is measured.
    """
    print(f"\nchecker status ({rounds} rounds)")
    nothing = Series("python -c pass", lambda: timed(python("-c", "pass"), finished))
    status = Series("a finished level", lambda: timed(python("-m", "checker"), finished))
    sizes = ((300, 10_000), (1_500, 50_000), (3_000, 100_000))
    made = []
    for katas, lines in sizes:
        place = make_up(scratch / f"made-{katas}", katas, lines)
        environment = {"KATA_DATA": str(place / "data")}
        made.append(
            Series(
                f"{katas:,} katas, {lines:,} journal lines",
                lambda place=place, environment=environment: timed(  # type: ignore[misc]
                    python("-m", "checker"), place, **environment
                ),
            )
        )
    race(rounds, nothing, status, *made)
    for series in (nothing, status, *made):
        show(series)
    print(f"    status takes {ratio(status, nothing):.2f} of python -c pass")
    grown = (made[2].median - nothing.median) / (made[0].median - nothing.median)
    print(f"    ten times the katas and lines take {grown:.1f} times as long")


def make_up(root: Path, katas: int, lines: int) -> Path:
    """Make a workspace of many small katas, its packed index, and a long journal."""
    from checker.files import digest, digest_all

    rng = random.Random(7)
    index = {}
    names = []
    levels = ("beginner", "mid", "senior")
    for number in range(katas):
        level = levels[number % 3]
        folder = root / "katas" / level / f"{number // 3 + 1:02}_kata_{number}"
        folder.mkdir(parents=True)
        text = f"# kata {number}\n".encode()
        (folder / "app.py").write_bytes(text)
        (folder / "test_app.py").write_bytes(b"")
        name = f"{level}/{folder.name}"
        names.append((name, digest_all({"app.py": text})))
        index[name] = {
            "title": f"Kata {number}",
            "edit": ["app.py"],
            "stub": "0" * 16,
            "files": {"test_app.py": digest(b"")},
        }
    (root / "data").mkdir()
    (root / "data" / "pristine.json").write_text(json.dumps({"schema": 1, "katas": index}))
    journal = root / ".kata" / "journal.jsonl"
    journal.parent.mkdir()
    kinds = ("failing", "failing", "broken", "solved")
    with journal.open("w") as file:
        for line in range(lines):
            name, now = rng.choice(names)
            entry = {
                "v": 1,
                "time": f"2026-01-01T00:{line // 60 % 60:02}:{line % 60:02}.{line % 1000:03}Z",
                "kata": name,
                "what": "run",
                "verdict": rng.choice(kinds),
                "passed": rng.randint(0, 10),
                "total": 10,
                "seconds": 0.123,
                "digest": now if rng.random() < 0.3 else f"{rng.getrandbits(64):016x}",
                "how": "watch",
            }
            file.write(json.dumps(entry) + "\n")
    done = subprocess.run(
        python("-m", "checker", "--json"), cwd=root, check=True, capture_output=True,
        env=clean_environment(KATA_DATA=str(root / "data")),
    )  # fmt: skip
    total = json.loads(done.stdout)["total"]
    if total != katas:
        raise SystemExit(f"The made-up workspace shows {total} katas instead of {katas}.")
    return root
