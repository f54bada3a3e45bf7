"""Prove that suites judge well: the stub fails, right answers pass, wrong answers are caught.

For maintainers. Exit code 0 when no kata has a flaw.
"""

from __future__ import annotations

import contextlib
import json
import time
from functools import partial
from typing import TYPE_CHECKING

from checker import pristine
from checker.catalog import LEVELS, Kata, find_kata
from checker.errors import CheckerError, KataFileError
from checker.proof.flaws import Shape, read_shape
from checker.proof.quality import check_quality
from checker.proof.runs import Outcome, rounds_of, run_rounds
from checker.runner import open_runner, suggested_jobs
from checker.views.proof import flaw_lines, show_progress, table_lines
from checker.views.style import style_for
from checker.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="katas or levels (default: all)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="suites run at once")
    parser.add_argument("--no-quality", action="store_true", help="leave lint and types out")
    parser.add_argument("--services", action="store_true", help="only katas that need a service")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--outside",
        action="store_true",
        help="only find out which tests can be judged from outside, and write it down for grading",
    )
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
    katas = chosen(workspace, args.what)
    if args.services:
        katas = [kata for kata in katas if kata.file.services]
    if args.pack:
        changed = pristine.pack(workspace.root, _packable(workspace))
        print("Packed the katas." if changed else "The packed katas were up to date.")
    if args.outside:
        return _find_outside(workspace, katas, args.jobs or suggested_jobs())
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


def _find_outside(workspace: Workspace, katas: list[Kata], at_once: int) -> int:
    from checker.grade.known import write_known
    from checker.isolation.ladder import choose
    from checker.proof.outside import find_outside

    shapes = [read_shape(kata, workspace.root / "solutions" / kata.name) for kata in katas]
    known = find_outside(shapes, choose("namespaces"), at_once, partial(show_progress, "runs"))
    write_known(known)
    for kata, tests in known.items():
        print(f"{kata:<44} {sum(t.outside for t in tests):>3} of {len(tests):>3} from outside")
    return 0


def chosen(workspace: Workspace, words: list[str]) -> list[Kata]:
    """The katas that WHAT arguments mean; all when there are none.

    Raises:
        UnknownKata: a word fits no kata, or several.
    """
    found: dict[str, Kata] = {}
    for word in words or LEVELS:
        if word in LEVELS:
            found |= {k.name: k for k in workspace.catalog if k.level == word}
        else:
            kata = find_kata(workspace.catalog, word, LEVELS[0])
            found[kata.name] = kata
    return list(found.values())


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
        with open_runner(len(rounds)) as runner:
            outcomes = run_rounds(runner, rounds, at_once, partial(show_progress, "runs"))
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
