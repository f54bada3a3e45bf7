"""Change each reference in one small place after another, and see whether the suite notices.

For maintainers. A change that no test notices (a survivor) is shown as a difference: either it
changes nothing that the contract promises, or a test is missing. Needs the packages of the `dev`
group. Exit code 0 when every kata's score reaches --least.
"""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING

from checker.commands.verify import chosen
from checker.errors import CheckerError
from checker.runner import open_runner, suggested_jobs
from checker.views.proof import show_progress
from checker.workspace import find_workspace

if TYPE_CHECKING:
    import argparse

    from checker.proof.mutants import Score


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="katas or levels (default: all)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="suites run at once")
    parser.add_argument(
        "--least", type=float, default=0.0, metavar="PERCENT", help="the score to reach"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Judge the mutants of the katas that were asked for."""
    try:
        from checker.proof.mutants import Score, judge_mutants, mutants_of
    except ImportError as error:
        raise CheckerError(
            f"{error.name} is not installed. `checker mutants` needs the maintainers' packages: "
            "python3 start.py test --setup-only"
        ) from None

    workspace = find_workspace()
    began = time.perf_counter()
    katas = chosen(workspace, args.what)
    mutants = [m for k in katas for m in mutants_of(k, workspace.root / "solutions" / k.name)]
    with open_runner() as runner:
        show = partial(show_progress, "mutants")
        survivors = judge_mutants(runner, mutants, args.jobs or suggested_jobs(), show)
    scores = [
        Score(
            kata,
            sum(mutant.kata is kata for mutant in mutants),
            tuple(mutant for mutant in survivors if mutant.kata is kata),
        )
        for kata in katas
    ]
    seconds = time.perf_counter() - began
    if args.json:
        print(json.dumps({"schema": 1, "katas": [_data(score) for score in scores]}, indent=2))
    else:
        _print(scores, seconds)
    return 0 if all(score.killed * 100 >= args.least for score in scores) else 1


def _print(scores: list[Score], seconds: float) -> None:
    for score in scores:
        for mutant in sorted(score.survivors, key=lambda m: (m.file, m.line)):
            print(f"{score.kata.name}/{mutant.file}:{mutant.line}\n{mutant.difference}\n")
    print(f"{'kata':<42} mutants survived  score")
    for score in scores:
        print(
            f"{score.kata.name:<42} {score.total:>7} {len(score.survivors):>8}"
            f"  {score.killed * 100:>4.0f} %"
        )
    total = sum(score.total for score in scores)
    left = sum(len(score.survivors) for score in scores)
    part = 100 * (1 - left / total) if total else 100.0
    print(f"{'all':<42} {total:>7} {left:>8}  {part:>4.0f} %   in {seconds:.0f} s")


def _data(score: Score) -> dict[str, object]:
    return {
        "kata": score.kata.name,
        "mutants": score.total,
        "score": round(score.killed, 4),
        "survivors": [
            {"file": m.file, "line": m.line, "difference": m.difference} for m in score.survivors
        ],
    }
