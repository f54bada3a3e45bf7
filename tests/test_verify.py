"""The proof is itself proved: a kata with each kind of flaw is refused with the right words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.catalog import Kata
from checker.proof.flaws import read_shape
from tests.desk import Desk
from tests.proof_kata import KATA_TOML, NOTES, README, answer, make_kata, suite, without

Repository = tuple[Path, Path, Desk]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with one kata that has no flaw, its folders, and its command."""
    root = tmp_path / "repository"
    kata, solution = make_kata(root)
    return kata, solution, Desk(root, {"KATA_DATA": str(tmp_path / "data")})


def proved(desk: Desk, *words: str) -> dict[str, Any]:
    result = desk.checker("verify", "--json", "--pack", *words)
    start = result.out.index("{")
    return dict(json.loads(result.out[start:])["katas"][0])


def flaws_of(report: dict[str, Any]) -> list[str]:
    return [f"{f['rule']}: {f['where']}: {f['words']}" for f in report["flaws"]]


def test_a_kata_without_a_flaw_holds(repository: Repository) -> None:
    _, _, desk = repository
    shown = desk.checker("verify", "--pack")
    assert shown.code == 0, shown
    assert "holds" in shown.out
    assert "no flaw" in shown.out


Change = Callable[[Path, Path], object]

RUN_FLAWS: dict[str, tuple[Change, str]] = {
    "test passes on the stub": (
        lambda kata, solution: (kata / "app.py").write_text(answer(1)),
        "test passes on the stub: stub: test_1 passes on the stub; it must fail, or be marked",
    ),
    "stub fails by error": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            suite().replace('client.get("/3").json() == 3', 'client.get("/3").extensions["x"]')
        ),
        "stub fails by error: stub: test_3 fails by KeyError, not by an assertion",
    ),
    "stub cannot run": (
        lambda kata, solution: (kata / "app.py").write_text("app = 3\n"),
        "stub: stub: its verdict must be failing: broken: `app` in app.py is a int",
    ),
    "guard does not hold": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            suite()
            .replace("from checker", "import pytest\n\nfrom checker")
            .replace("def test_2", "@pytest.mark.guard\ndef test_2")
        ),
        "guard does not hold: stub: guard test_2 does not hold on the stub",
    ),
    "reference fails": (
        lambda kata, solution: (solution / "app.py").write_text(answer(1, 2, 3, 4, 5, 6, 7)),
        "right answer fails: reference: failing: test_8: got {'detail': 'Not Found'}, expected 8",
    ),
    "variant fails": (
        lambda kata, solution: (solution / "variants" / "awaiting.py").write_text(
            answer(1, 2, note="Half of it.")
        ),
        "right answer fails: variant awaiting: failing: test_3",
    ),
    "warning": (
        lambda kata, solution: (solution / "app.py").write_text(
            answer(*range(1, 9))
            + "\n\nimport warnings\n\nwarnings.warn('old', DeprecationWarning, stacklevel=1)\n"
        ),
        "warning: reference: app.py:48: DeprecationWarning: old",
    ),
    "trap passes": (
        lambda kata, solution: (solution / "traps" / "without_4.py").write_text(
            answer(*range(1, 9), note="No trap at all.\n\nFails: test_4\n")
        ),
        "trap passes: trap without_4: every test passes on it; test_4 should not",
    ),
    "trap fails elsewhere": (
        lambda kata, solution: (solution / "traps" / "without_4.py").write_text(
            without(5).replace("Fails: test_5", "Fails: test_4")
        ),
        "trap fails elsewhere: trap without_4: test_4 passes on it; it fails: test_5",
    ),
    "trap does not run": (
        lambda kata, solution: (solution / "traps" / "without_4.py").write_text(
            without(4) + "\n1 / 0\n"
        ),
        "trap does not run: trap without_4: broken",
    ),
    "depends on the order": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            re.sub(
                r"(    assert client.get..)/(\d)",
                r"    SEEN.append(\2)\n    assert len(SEEN) == \2\n\1/\2",
                suite().replace("import Client\n", "import Client\n\nSEEN = []\n"),
            )
        ),
        "right answer fails: reference, random order: failing: test_",
    ),
    "lint": (
        lambda kata, solution: (solution / "app.py").write_text(
            "import os\n" + answer(*range(1, 9))
        ),
        "lint: app.py:1: F401",
    ),
    "format": (
        lambda kata, solution: (solution / "app.py").write_text(
            answer(*range(1, 9)).replace("app = FastAPI()", "app=FastAPI()")
        ),
        "format: app.py: is not formatted",
    ),
    "types": (
        lambda kata, solution: (solution / "app.py").write_text(
            answer(*range(1, 9)).replace("return 3", 'return "3"')
        ),
        "types: reference app.py:",
    ),
}  # fmt: skip


@pytest.mark.parametrize("flaw", RUN_FLAWS)
def test_a_flaw_that_a_run_shows(repository: Repository, flaw: str) -> None:
    kata, solution, desk = repository
    change, words = RUN_FLAWS[flaw]
    change(kata, solution)
    quality = () if flaw in ("lint", "format", "types") else ("--no-quality",)
    found = flaws_of(proved(desk, *quality))
    assert any(line.startswith(words) for line in found), found


SHAPE_FLAWS: dict[str, tuple[Change, str]] = {
    "kata.toml": (
        lambda kata, solution: (kata / "kata.toml").write_text(KATA_TOML + 'x = "y"\n'),
        "kata.toml: kata.toml: ",
    ),
    "few tests": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            suite().split("\n\ndef test_8")[0] + "\n"
        ),
        "number of tests: test_app.py: has 7 tests; 8 to 15 are right",
    ),
    "no sentence": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            suite().replace('    """GET /2 answers 2."""\n', "")
        ),
        "sentence: test_2: has no docstring",
    ),
    "same sentence": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            suite().replace("GET /2 answers 2.", "GET /1 answers 1.")
        ),
        "sentence: test_app.py: two tests say the same: 'GET /1 answers 1.'",
    ),
    "many guards": (
        lambda kata, solution: (kata / "test_app.py").write_text(
            suite().replace("def test_", "@pytest.mark.guard\ndef test_")
        ),
        "number of guards: test_app.py: has 8 guards; at most 3 are right",
    ),
    "suite cannot be read": (
        lambda kata, solution: (kata / "test_app.py").write_text("def test_(:\n"),
        "suite: test_app.py: line 1: ",
    ),
    "no suite": (
        lambda kata, solution: (kata / "test_app.py").unlink(),
        "missing file: test_app.py: the suite cannot be read",
    ),
    "no stub": (
        lambda kata, solution: (kata / "app.py").unlink(),
        "missing file: app.py: kata.toml names it, and it is not there",
    ),
    "no reference": (
        lambda kata, solution: (solution / "app.py").unlink(),
        "missing file: app.py: there is no reference",
    ),
    "few variants": (
        lambda kata, solution: (solution / "variants" / "awaiting.py").unlink(),
        "number of variants: variants: holds 1 right answers; at least 2 are needed",
    ),
    "few traps": (
        lambda kata, solution: [
            path.unlink() for path in (solution / "traps").glob("without_*.py")
        ],
        "number of traps: traps: holds 1 wrong answers; at least 4 are needed",
    ),
    "no hard-coding trap": (
        lambda kata, solution: (solution / "traps" / "hard_coded.py").unlink(),
        "no hard-coding trap: traps: one trap must answer with fixed values",
    ),
    "trap names nothing": (
        lambda kata, solution: (solution / "traps" / "without_3.py").write_text(
            without(3).replace("Fails:", "Fail:")
        ),
        "trap names no test: trap without_3: its docstring must name the tests it fails",
    ),
    "trap names a test that is not there": (
        lambda kata, solution: (solution / "traps" / "without_3.py").write_text(
            without(3).replace("Fails: test_3", "Fails: test_33")
        ),
        "trap names no test: trap without_3: there is no test 'test_33'",
    ),
    "no note": (
        lambda kata, solution: (solution / "variants" / "awaiting.py").write_text(answer(1)),
        "missing note: variant awaiting: must begin with a docstring",
    ),
    "hint is code": (
        lambda kata, solution: (kata / "kata.toml").write_text(
            KATA_TOML.replace('"Look again, and put it together."', '"def number() -> int: 1"')
        ),
        "hint is code: kata.toml: hint 3 gives code away",
    ),
    "hints do not grow": (
        lambda kata, solution: (kata / "kata.toml").write_text(
            KATA_TOML.replace('"Look again."', '"See."')
        ),
        "hints do not grow: kata.toml: each hint must say more",
    ),
    "no page": (
        lambda kata, solution: (kata / "README.md").unlink(),
        "missing file: README.md: is not there",
    ),
    "no contract": (
        lambda kata, solution: (kata / "README.md").write_text(
            README.replace("## The contract", "## Contract")
        ),
        "missing section: README.md: needs a section `## The contract`",
    ),
    "another question": (
        lambda kata, solution: (kata / "README.md").write_text(
            README.replace("> How does one answer", "> How do you answer")
        ),
        "question: README.md: must state the question as kata.toml has it",
    ),
    "no link": (
        lambda kata, solution: (kata / "README.md").write_text(README.replace("https:", "http:")),
        "link: README.md: must link to https://fastapi.tiangolo.com/tutorial/first-steps/",
    ),
    "no notes": (
        lambda kata, solution: (solution / "NOTES.md").unlink(),
        "missing file: NOTES.md: is not there",
    ),
    "short answer": (
        lambda kata, solution: (solution / "NOTES.md").write_text(NOTES.format(spoken="One. Two.")),
        "spoken answer: NOTES.md: the spoken answer has 2 sentences",
    ),
    "unfinished": (
        lambda kata, solution: (solution / "NOTES.md").write_text(
            NOTES.format(spoken="TODO. " * 8)
        ),
        "unfinished text: NOTES.md: still says TODO",
    ),
}


@pytest.mark.parametrize("flaw", SHAPE_FLAWS)
def test_a_flaw_that_the_files_show(repository: Repository, flaw: str) -> None:
    folder, solution, _ = repository
    change, words = SHAPE_FLAWS[flaw]
    change(folder, solution)
    kata = Kata("beginner", 1, "eight_numbers", folder)
    found = [f"{f.rule}: {f.where}: {f.words}" for f in read_shape(kata, solution).flaws]
    assert any(line.startswith(words) for line in found), found


def test_a_test_that_no_trap_needs_is_reported_and_is_no_flaw(repository: Repository) -> None:
    _, solution, desk = repository
    (solution / "traps" / "without_6.py").unlink()
    shown = desk.checker("verify", "--pack", "--no-quality")
    assert shown.code == 0
    assert "holds, 1 unneeded" in shown.out
    assert "no trap fails on these tests alone" in shown.out
    assert "    test_6" in shown.out


def test_a_flaw_gives_exit_code_1_and_its_words(repository: Repository) -> None:
    kata, _, desk = repository
    (kata / "README.md").unlink()
    shown = desk.checker("verify", "--no-quality", "--pack")
    assert shown.code == 1
    assert "1 flaw" in shown.out
    assert "README.md: is not there" in shown.out


def test_a_packed_copy_that_fell_behind_is_told(repository: Repository) -> None:
    kata, _, desk = repository
    assert desk.checker("verify", "--no-quality", "--pack").code == 0
    (kata / "README.md").write_text(README + "\nMore.\n")
    shown = desk.checker("verify", "--no-quality")
    assert shown.code == 1
    assert "fallen behind" in shown.out
    assert "katas/beginner/01_eight_numbers/README.md" in shown.out


def test_a_learner_is_sent_to_check(desk: Desk) -> None:
    shown = desk.checker("verify")
    assert shown.code == 2
    assert "checker check" in shown.err
