"""Prove that suites judge well: the stub fails, right answers pass, wrong answers are caught.

For maintainers. Exit code 0 when no kata has a flaw.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import TYPE_CHECKING

from checker import pristine
from checker.catalog import LEVELS, Kata, find_kata
from checker.errors import CheckerError, KataFileError
from checker.proof.flaws import Shape, read_shape
from checker.proof.quality import check_quality
from checker.proof.runs import Outcome, rounds_of, run_rounds
from checker.runner import open_runner, suggested_jobs
from checker.views.proof import flaw_lines, table_lines
from checker.views.style import style_for
from checker.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="katas or levels (default: all)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="suites run at once")
    parser.add_argument("--no-quality", action="store_true", help="leave lint and types out")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--pack", action="store_true", help="first pack the katas into the checker (its originals)"
    )


def run(args: argparse.Namespace) -> int:
    """Prove the katas that were asked for."""
    workspace = find_workspace()
    if not (workspace.root / "solutions").is_dir():
        raise CheckerError(
            f"{workspace.root} has no solutions folder. `verify` is for maintainers; "
            "to check your own work, use `checker check`."
        )
    katas = _chosen(workspace, args.what)
    if args.pack:
        changed = pristine.pack(workspace.root, _packable(workspace))
        print("Packed the katas." if changed else "The packed katas were up to date.")
    began = time.perf_counter()
    shapes = [read_shape(kata, workspace.root / "solutions" / kata.name) for kata in katas]
    outcomes = _prove(shapes, args.jobs or suggested_jobs())
    readable = [shape for shape in shapes if not _unreadable(shape)]
    problem = "" if args.no_quality else check_quality(workspace.root, readable)
    behind = pristine.stale(workspace.root, _packable(workspace))
    seconds = time.perf_counter() - began
    good = not any(shape.flaws for shape in shapes) and not behind and not problem
    if args.json:
        print(json.dumps(_as_json(outcomes, behind, seconds), indent=2))
    else:
        _print(outcomes, behind, problem, seconds)
    return 0 if good else 1


def _chosen(workspace: Workspace, words: list[str]) -> list[Kata]:
    chosen: dict[str, Kata] = {}
    for word in words or LEVELS:
        if word in LEVELS:
            chosen |= {k.name: k for k in workspace.catalog if k.level == word}
        else:
            kata = find_kata(workspace.catalog, word, LEVELS[0])
            chosen[kata.name] = kata
    return list(chosen.values())


def _unreadable(shape: Shape) -> bool:
    """Whether the kata's ``kata.toml`` cannot be read, so that nothing more can be said."""
    return any(flaw.rule == "kata.toml" for flaw in shape.flaws)


def _packable(workspace: Workspace) -> list[Kata]:
    """The katas that can be packed: one whose ``kata.toml`` is broken must not stop the others."""
    found = []
    for kata in workspace.catalog:
        with contextlib.suppress(KataFileError):
            _ = kata.file
            found.append(kata)
    return found


def _runnable(shape: Shape) -> bool:
    """Whether there is enough of a kata to run it."""
    stopping = {"kata.toml", "missing file", "suite"}
    about_texts = {"README.md", "NOTES.md"}
    return not any(f.rule in stopping and f.where not in about_texts for f in shape.flaws)


def _prove(shapes: list[Shape], at_once: int) -> list[Outcome]:
    rounds = [round_ for shape in shapes if _runnable(shape) for round_ in rounds_of(shape)]
    outcomes: dict[str, Outcome] = {}
    if rounds:
        show = sys.stderr.isatty()

        def progress(done: int, total: int) -> None:
            if show:
                end = "\n" if done == total else "\r"
                print(f"  {done} of {total} runs", end=end, file=sys.stderr, flush=True)

        with open_runner(len(rounds)) as runner:
            outcomes = run_rounds(runner, rounds, at_once, progress)
    return [outcomes.get(shape.kata.name) or Outcome(shape) for shape in shapes]


def _print(outcomes: list[Outcome], behind: list[str], problem: str, seconds: float) -> None:
    style = style_for()
    print("\n".join(table_lines(outcomes, style)))
    flaws = flaw_lines(outcomes, style)
    if flaws:
        print("\n" + "\n".join(flaws))
    if problem:
        print(f"\n{problem}")
    if behind:
        print("\nThe packed originals have fallen behind; pack them with `checker verify --pack`:")
        print("\n".join(f"  {name}" for name in behind[:10]))
    rounds = sum(outcome.rounds for outcome in outcomes)
    bad = sum(bool(outcome.shape.flaws) for outcome in outcomes)
    words = "no flaw" if not bad else f"{bad} with flaws"
    print(f"\n{len(outcomes)} katas, {rounds} runs in {seconds:.1f} s: {words}")


def _as_json(outcomes: list[Outcome], behind: list[str], seconds: float) -> dict[str, object]:
    return {
        "schema": 1,
        "seconds": round(seconds, 2),
        "stale": behind,
        "katas": [
            {
                "kata": outcome.shape.kata.name,
                "tests": len(outcome.shape.tests),
                "guards": sorted(outcome.shape.guards),
                "variants": [variant.name for variant in outcome.shape.variants],
                "traps": {name: sorted(failed) for name, failed in outcome.failed_by.items()},
                "unneeded": outcome.unneeded() if outcome.rounds else [],
                "runs": outcome.rounds,
                "seconds": round(outcome.seconds, 3),
                "flaws": [vars(flaw) for flaw in outcome.shape.flaws],
            }
            for outcome in outcomes
        ],
    }
