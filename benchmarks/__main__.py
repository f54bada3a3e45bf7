"""Compare the checker with its peers on this machine, and print ratios.

    python -m benchmarks                 everything, in some minutes
    python -m benchmarks saves status    only these
    python -m benchmarks --rounds 15     more rounds

Absolute times drift on a busy machine; the ratios are taken side by side in the same run.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
from pathlib import Path

from benchmarks import floor, resources, saves, services, sets, status
from benchmarks.harness import ROOT, copy_workspace, python, timed

PARTS = (
    "saves", "floor", "sets", "verify", "plugin", "status", "resources",
    "starts", "isolation", "databases",
)  # fmt: skip


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--runs", type=int, default=1000, help="how many for `resources`")
    parser.add_argument("--verify", nargs="*", default=["beginner"], metavar="WHAT")
    args = parser.parse_args()
    parts = args.parts or PARTS
    unknown = set(parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {min(unknown)!r}; there are {', '.join(PARTS)}")
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        base = Path(folder).resolve()
        solved = copy_workspace(base / "solved", solved=True)
        timed(python("-m", "checker", "check", "all"), solved)  # also writes the journal
        if "saves" in parts:
            saves.measure(solved, copy_workspace(base / "peer", solved=True), args.rounds)
        if "floor" in parts:
            floor.measure(solved, saves.KATA, args.rounds)
        if "sets" in parts:
            sets.measure_sets(solved, args.rounds)
        if "verify" in parts:
            sets.measure_verify(max(1, args.rounds // 4), tuple(args.verify))
        if "plugin" in parts:
            sets.measure_plugin(solved, args.rounds)
        if "status" in parts:
            status.measure(solved, base, args.rounds)
        if "resources" in parts:
            resources.measure(ROOT, args.runs)
        if "starts" in parts:
            services.measure_starts(base, args.rounds)
        if "isolation" in parts:
            services.measure_isolation(base, args.rounds)
        if "databases" in parts:
            other = copy_workspace(base / "databases", solved=True)
            services.measure_saves(solved, other, args.rounds)


if __name__ == "__main__":
    main()
