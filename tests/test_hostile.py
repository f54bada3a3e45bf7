"""The corpus of hostile submissions, graded as a class: none is solved, nothing is left."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from checker import pristine
from checker.isolation import ladder
from checker.isolation.cage import FIRST_USER, USERS
from checker.runner import suggested_jobs
from tests.hostile_corpus import GOT_THROUGH, LEFT, Hostile, lay, load
from tests.mentor import grade

CORPUS = load()
HONEST = "honest neighbour"

pytestmark = pytest.mark.skipif(
    bool(ladder.probe("namespaces").problem), reason="no namespaces are to be had here"
)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The grades of the whole corpus, with an honest submission at either end."""
    base = tmp_path_factory.mktemp("hostile")
    cohort = base / "class"
    for hostile in CORPUS:
        workspace = cohort / hostile.name
        unpack(f"katas/{hostile.kata}", workspace)
        lay(hostile, workspace)
    katas = sorted({hostile.kata for hostile in CORPUS})
    for n, name in enumerate((f"000 {HONEST}", f"zzz {HONEST}")):
        for kata in katas:
            unpack(f"katas/{kata}", cohort / name)
            unpack(f"solutions/{kata}", cohort / name, f"katas/{kata}")
        (cohort / name / str(n)).touch()
    before = seen()
    words = [word for kata in katas for word in ("--kata", kata)]
    done = grade(cohort, "--no-cache", "--json", "--jobs", str(2 * suggested_jobs()), *words)
    assert done.returncode == 0, done.stderr[-3000:]
    grades = json.loads(done.stdout)
    new = sorted(seen() - before)
    return {"grades": {s["name"]: s for s in grades["submissions"]}, "new": new, "katas": katas}


def unpack(prefix: str, workspace: Path, to: str = "") -> None:
    """Put packed files into a workspace."""
    for name, data in pristine.packed_files(prefix).items():
        path = workspace / (to or prefix) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def seen() -> set[str]:
    """The processes and the files that could have been left behind."""
    found = set()
    for folder in {Path(tempfile.gettempdir()), Path.home(), Path("/var/tmp"), Path("/dev/shm")}:
        if folder.is_dir():
            found |= {str(path) for path in folder.glob(f"*{LEFT}*")}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if LEFT in line or process.uids().real in range(FIRST_USER, FIRST_USER + USERS):
                found.add(f"{process.pid} {line}")
    return found


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_it_is_seen_through(hostile: Hostile, report: dict[str, Any]) -> None:
    """It ends with a verdict that is right for it, in the right words, and has got nothing."""
    submission = report["grades"].get(hostile.name)
    assert submission is not None, "It is missing from the report."
    mine = submission["katas"].get(
        hostile.kata, {"verdict": "unopened", "message": "", "remarks": ()}
    )
    assert mine["verdict"] != "solved"
    if not submission["problem"]:
        assert mine["verdict"] in hostile.expects, mine
    told = "\n".join(
        [mine["message"], *mine["remarks"], submission["problem"], *submission["remarks"]]
    )
    for expression in hostile.says:
        assert re.search(expression, told), told
    assert GOT_THROUGH not in json.dumps(submission)


@pytest.mark.parametrize("name", ["000", "zzz"])
def test_an_honest_neighbour_is_unharmed(name: str, report: dict[str, Any]) -> None:
    """Whoever is graded before and after all that has everything solved."""
    [neighbour] = [s for n, s in report["grades"].items() if n.startswith(name)]
    assert {k: v["verdict"] for k, v in neighbour["katas"].items()} == dict.fromkeys(
        report["katas"], "solved"
    )


def test_nothing_is_left(report: dict[str, Any]) -> None:
    """No process and no file of a submission outlives the batch."""
    assert report["new"] == []


def test_everybody_has_been_graded(report: dict[str, Any]) -> None:
    """None of them has stopped the batch."""
    assert len(report["grades"]) == len(CORPUS) + 2
