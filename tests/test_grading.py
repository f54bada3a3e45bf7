"""Grading a class: every verdict right, the known known, and nothing lost by an interruption."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from checker import pristine
from checker.candidate import reference_of, traps_of, variants_of
from checker.catalog import load_catalog
from checker.grade.bench import Case, unpack
from checker.grade.cache import Cache, key_of
from checker.grade.grades import KataGrade, json_schema, read_grades
from checker.grade.judging import Judge, Task
from checker.grade.known import read_known
from checker.isolation import ladder
from checker.isolation.cage import Cage
from checker.runner import Over, Sent
from checker.runner.sifting import sift
from checker.verdict import Context, End, judge
from tests.desk import INTERRUPTED, ROOT
from tests.mentor import environment, grade

KATA = "beginner/03_read_and_add_books"
caged = pytest.mark.skipif(
    bool(ladder.probe("namespaces").problem), reason="no namespaces are to be had here"
)


def hand_in(workspace: Path, files: dict[str, Path]) -> None:
    """Make a submission: a workspace with one kata in it."""
    folder = workspace / "katas" / KATA
    for name, data in pristine.packed_files(f"katas/{KATA}").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    for name, path in files.items():
        shutil.copy(path, folder / name)


def make_class(cohort: Path) -> dict[str, str]:
    """A class of every kind of work, with the verdict that is right for each."""
    [kata] = [kata for kata in load_catalog(ROOT / "katas") if kata.name == KATA]
    solution = ROOT / "solutions" / KATA
    right = [reference_of(kata, solution), *variants_of(kata, solution)]
    expected = {}
    for candidate in right:
        hand_in(cohort / f"right {candidate.name}", candidate.files)
        expected[f"right {candidate.name}".strip()] = "solved"
    for candidate in traps_of(kata, solution):
        hand_in(cohort / f"wrong {candidate.name}", candidate.files)
        expected[f"wrong {candidate.name}"] = "failing"
    hand_in(cohort / "stub", {})
    hand_in(cohort / "nothing", {})
    (cohort / "nothing" / "katas" / KATA / "app.py").unlink()
    hand_in(cohort / "syntax", {})
    (cohort / "syntax" / "katas" / KATA / "app.py").write_text("def\n")
    hand_in(cohort / "zipped", right[0].files)
    with zipfile.ZipFile(cohort / "archive.zip", "w") as archive:
        for path in (cohort / "zipped").rglob("*"):
            archive.write(path, path.relative_to(cohort / "zipped"))
    shutil.rmtree(cohort / "zipped")
    (cohort / "damaged.zip").write_bytes((cohort / "archive.zip").read_bytes()[:-400])
    return expected | {
        "stub": "untouched", "nothing": "missing", "syntax": "broken", "archive": "solved",
    }  # fmt: skip


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("cohort") / "class"
    folder.mkdir()
    return folder, make_class(folder)


@pytest.fixture
def mentor(tmp_path: Path) -> Path:
    """A mentor's own workspace, with nothing known yet."""
    workspace = tmp_path / "mentor"
    (workspace / "katas" / "beginner").mkdir(parents=True)
    shutil.copytree(ROOT / "katas" / KATA, workspace / "katas" / KATA)
    return workspace


def verdicts(text: str) -> dict[str, str]:
    """The kind of verdict of each submission that could be opened."""
    found = {}
    for submission in json.loads(text)["submissions"]:
        if not submission["problem"]:
            found[submission["name"]] = submission["katas"][KATA]["verdict"]
    return found


def without_times(text: str) -> Any:
    """Grades without what differs from one grading to the next."""
    data = json.loads(text)
    data["time"] = ""
    for submission in data["submissions"]:
        for one in submission["katas"].values():
            one["seconds"], one["cached"] = 0, False
            one["message"] = one["message"] and "said"  # made-up values are other ones each time
            one["exchanges"], one["advice"], one["place"] = [], "", ""
    return data


@caged
def test_a_class_is_graded(
    cohort: tuple[Path, dict[str, str]], mentor: Path, tmp_path: Path
) -> None:
    """Right, wrong, untouched, missing, broken, packed and damaged: each gets its verdict."""
    folder, expected = cohort
    output = tmp_path / "out"
    done = grade(folder, "--kata", KATA, "--json", "--output", output, cwd=mentor)
    assert done.returncode == 0, done.stderr
    assert verdicts(done.stdout) == expected
    data = json.loads(done.stdout)
    [damaged] = [s for s in data["submissions"] if s["name"] == "damaged"]
    assert damaged["problem"]
    solved = [s["katas"][KATA] for s in data["submissions"] if s["name"].startswith("right")]
    assert all(one["outside"] == 11 for one in solved)
    assert data["isolation"] == "namespaces"
    assert {path.suffix for path in output.iterdir()} == {".json", ".csv", ".md", ".html", ".xml"}
    assert without_times((output / "grades.json").read_text()) == without_times(done.stdout)
    again = grade(folder, "--kata", KATA, "--json", cwd=mentor)
    assert without_times(again.stdout) == without_times(done.stdout)
    ran = [
        s["name"]
        for s in json.loads(again.stdout)["submissions"]
        for one in s["katas"].values()
        if not one["cached"] and one["verdict"] not in ("untouched", "missing")
    ]
    assert ran == [], "These were judged again, and nothing about them has changed."


@caged
def test_a_killed_grading_goes_on(cohort: tuple[Path, dict[str, str]], mentor: Path) -> None:
    """Killed at whatever moment, the same command comes to the same report."""
    folder, expected = cohort
    command = [sys.executable, "-m", "checker", "grade", str(folder), "--kata", KATA, "--json"]
    for _ in range(2):
        with subprocess.Popen(
            command, cwd=mentor, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as running:
            time.sleep(random.uniform(1, 6))
            running.send_signal(signal.SIGKILL)
            running.communicate()
    done = grade(folder, "--kata", KATA, "--json", cwd=mentor)
    assert verdicts(done.stdout) == expected


@caged
def test_an_interruption_says_how_to_go_on(
    cohort: tuple[Path, dict[str, str]], mentor: Path
) -> None:
    """Ctrl-C ends at once, in words, and keeps what was graded."""
    command = [sys.executable, "-m", "checker", "grade", str(cohort[0]), "--kata", KATA]
    with subprocess.Popen(
        command, cwd=mentor, env=environment(), stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        assert running.stderr is not None
        assert "isolated by" in running.stderr.readline()
        kept = mentor / ".kata" / "private" / "grades"
        deadline = time.monotonic() + 60
        while not list(kept.rglob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        said = running.communicate()[1]
    assert running.returncode in INTERRUPTED
    assert "the same command goes on from here" in said


def test_nothing_to_grade_is_said(mentor: Path, tmp_path: Path) -> None:
    """A folder without any submission, and no folder at all, are said in words."""
    empty = tmp_path / "empty"
    empty.mkdir()
    done = grade(empty, cwd=mentor)
    assert done.returncode == 2
    assert "holds no workspace and no archive" in done.stderr
    assert grade(tmp_path / "none", cwd=mentor).returncode == 2
    assert "Say what to grade" in grade(cwd=mentor).stderr


def test_the_published_schema_is_the_one_in_use(mentor: Path, tmp_path: Path) -> None:
    """`--schema` prints a schema that grades fit, and that the checker itself reads by."""
    done = grade("--schema", cwd=mentor)
    assert json.loads(done.stdout) == json_schema()
    bad = tmp_path / "bad.json"
    bad.write_text('{"time": 1}')
    with pytest.raises(Exception, match="holds no grades"):
        read_grades(bad)


def test_every_test_of_every_suite_is_known() -> None:
    """Grading knows each suite's tests before it opens a submission; see `verify --outside`."""
    known = read_known()
    assert set(known) == set(pristine.originals())
    for kata in load_catalog(ROOT / "katas"):
        names = {test.id.partition("[")[0] for test in known[kata.name]}
        text = kata.suite.read_text()
        written = {
            line.partition("(")[0].removeprefix("def ")
            for line in text.splitlines()
            if line.startswith("def test_")
        }
        assert names == written, f"{kata.name}: run `checker verify --outside {kata.name}`"


class Script:
    """A runner that plays runs, one a start."""

    starts_ahead = False

    def __init__(self, *runs: dict[str, str]) -> None:
        self.left = list(runs)
        self.specs: list[Any] = []
        self._messages: list[Any] = []

    def start(self, spec: Any) -> None:
        self.specs.append(spec)
        outcomes = self.left.pop(0)
        ids = [*outcomes, *([spec.canary] if spec.canary else [])]
        outcomes = {spec.canary: "failed", **outcomes}
        tests = [{"id": one, "sentence": one, "guard": False, "line": 1} for one in ids]
        events = [{"event": "collected", "tests": tests, "seed": "s"}]
        events += [finished(one, outcomes[one]) for one in ids]
        events += [{"event": "ended"}]
        self._messages += [Sent(spec.run, event) for event in events]
        self._messages.append(Over(spec.run, End(), 0.5))

    def messages(self, timeout: float | None = None) -> Any:
        while self._messages:
            yield self._messages.pop(0)

    def cancel(self, run: int) -> None:
        raise AssertionError("nothing is cancelled")


def finished(name: str, outcome: str) -> dict[str, Any]:
    failure = {"message": "it is wrong"} if outcome != "passed" else None
    return {
        "event": "finished", "id": name, "outcome": outcome, "seconds": 0.1, "failure": failure,
        "exchanges": [], "output": "",
    }  # fmt: skip


class Folders:
    """Slots of a test."""

    def __init__(self, base: Path) -> None:
        self._base, self._count = base, 0

    def take(self) -> Path:
        self._count += 1
        (self._base / str(self._count)).mkdir()
        return self._base / str(self._count)

    def give_back(self, folder: Path) -> None:
        shutil.rmtree(folder)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    from dataclasses import replace

    (tmp_path / "pristine").mkdir()
    [case] = unpack(tmp_path / "pristine", [KATA])
    return replace(case, tests=("test_a", "test_b"), outside=frozenset({"test_a"}), steps=2)


class Plain(ladder.Step):
    """A step whose cage nobody goes into."""

    def cage(self) -> Cage:
        return Cage("namespaces")


def weigh(case: Case, tmp_path: Path, *runs: dict[str, str]) -> tuple[KataGrade, Script]:
    """Grade the reference on a runner that plays these runs."""
    runner: Any = Script(*runs)
    slots: Any = Folders(tmp_path)
    judge_ = Judge(runner, Plain("namespaces"), Cache(None), slots, 1)
    [(_, grade_)] = judge_.grade([Task("ada", case, dict(case.reference.files))])
    assert runner.left == [], "Not every run was made."
    return grade_, runner


GOOD = {"test_a": "passed", "test_b": "passed"}


def test_what_is_solved_inside_is_judged_outside(case: Case, tmp_path: Path) -> None:
    """Both sides agree: solved, and the grade says on how many tests it rests."""
    grade_, runner = weigh(case, tmp_path, GOOD, {"test_a": "passed", "test_b": "skipped"})
    assert (grade_.verdict, grade_.passed, grade_.outside) == ("solved", 2, 1)
    assert [spec.outside for spec in runner.specs] == [False, True]
    assert runner.specs[0].canary
    assert not runner.specs[1].canary


def test_what_is_not_solved_inside_is_judged_once(case: Case, tmp_path: Path) -> None:
    """Nobody forges a failure."""
    grade_, _ = weigh(case, tmp_path, {"test_a": "passed", "test_b": "failed"})
    assert (grade_.verdict, grade_.passed, grade_.test) == ("failing", 1, "test_b")


def test_two_sides_that_disagree_twice_are_tampered(case: Case, tmp_path: Path) -> None:
    """A test that passes inside and fails outside was forged."""
    outside = {"test_a": "failed", "test_b": "skipped"}
    grade_, _ = weigh(case, tmp_path, GOOD, outside, outside)
    assert (grade_.verdict, grade_.passed, grade_.test) == ("tampered", 0, "test_a")
    assert "it is wrong" in grade_.message


def test_a_single_disagreement_is_a_doubt(case: Case, tmp_path: Path) -> None:
    """One run outside may go wrong on a busy machine; nobody is accused for it."""
    good = {"test_a": "passed", "test_b": "skipped"}
    grade_, _ = weigh(case, tmp_path, GOOD, {**good, "test_a": "failed"}, good)
    assert grade_.verdict == "solved"


def test_a_late_test_gets_a_second_chance(case: Case, tmp_path: Path) -> None:
    """A time-out of few tests may be the machine's fault."""
    late = {"test_a": "passed", "test_b": "timeout"}
    good = {"test_a": "passed", "test_b": "skipped"}
    assert weigh(case, tmp_path, late, GOOD, good)[0].verdict == "solved"


def run_of(context: Context, *events: dict[str, Any], end: End | None = None) -> str:
    ids = [event["id"] for event in events if event["event"] == "finished"]
    tests = [{"id": one, "sentence": one, "guard": False, "line": 1} for one in ids]
    first = {"event": "collected", "tests": tests, "seed": ""}
    return judge([first, *events, {"event": "ended"}], context, end or End(), 0.1).kind


def test_forged_runs_are_not_solved() -> None:
    """Each sign of forgery is enough by itself, and none means a plain run is believed."""
    plain = Context("k", tests=("a", "b"), canary="c")
    good = [finished("a", "passed"), finished("b", "passed")]
    dead = finished("c", "failed")
    assert run_of(plain, *good, dead) == "solved"
    assert run_of(plain, *good, finished("c", "passed")) == "tampered"
    assert run_of(plain, *good, finished("c", "skipped")) == "tampered"
    assert run_of(plain, *good) == "tampered"
    assert run_of(plain, good[0], dead) == "tampered"
    assert run_of(plain, *good, finished("d", "passed"), dead) == "tampered"
    assert run_of(plain, *good, dead, {"event": "nonsense"}) == "tampered"
    assert run_of(plain, *good, dead, {"event": "tripped", "text": "gc"}) == "tampered"
    assert run_of(plain, *good, dead, end=End(code=117)) == "tampered"
    assert run_of(plain, good[0], finished("b", "failed"), dead) == "failing"


def test_sifting_lets_events_through_and_nothing_else() -> None:
    """What comes out has the shape of an event, whatever went in."""
    event = finished("test_a", "failed")
    exchange = {
        "method": "GET", "target": "/", "sent": "", "sent_headers": {}, "status": 200, "got": "x",
        "got_headers": {"a": "b"}, "handler": None, "error": "", "error_place": None,
    }  # fmt: skip
    full = {**event, "exchanges": [exchange]}
    sifted = sift(json.dumps(full).encode())
    assert sifted is not None
    assert sifted["exchanges"] == [exchange]
    assert sifted["failure"]["message"] == "it is wrong"
    for bad in (
        b"", b"[]", b"null", b"{", b"\xff", b'{"event": 1}', b'{"event": "over"}', b"[" * 100_000,
        json.dumps({**full, "outcome": "solved"}).encode(),
        json.dumps({**full, "id": 3}).encode(),
        json.dumps({**full, "seconds": "x"}).encode(),
        b'{"event": "finished", "id": "a", "outcome": "passed", "seconds": NaN}',
        json.dumps({**full, "failure": {"message": "x", "more": 1}}).encode(),
        json.dumps({**full, "failure": {"message": 1}}).encode(),
        json.dumps({**full, "exchanges": [{"method": 1}]}).encode(),
        json.dumps({**full, "exchanges": {}}).encode(),
        json.dumps({"event": "collected", "tests": [{}], "seed": ""}).encode(),
    ):  # fmt: skip
        assert sift(bad) is None, bad
    lone = sift(json.dumps({**event, "output": "\ud800"}).encode())
    assert lone is not None
    assert lone["output"].encode()


def test_a_line_that_ends_another_run_is_no_event() -> None:
    """Whoever closes the runner's own brackets writes into no other run."""
    assert sift(b'{"event": "ended"}, "run": 3, "end": {}') is None
    assert sift(b'{"event": "ended", "run": 3, "end": {}}') == {"event": "ended"}


def test_a_server_elsewhere_is_behind_a_door() -> None:
    """A run without a network finds a server of another host at its own address."""
    from checker.runner.lending import _with_doors
    from checker.runner.spec import Spec

    class Doors:
        def door(self, host: str, port: int) -> tuple[int, str]:
            return port, f"/doors/{host}"

    doors: Any = Doors()
    url = "postgresql://ada:pw@db.example:5432/katas"
    caged = Spec(1, "/f", "/f", environment={"A": "a"}, cage={"step": "namespaces"})
    spec = _with_doors(caged, {"KATA_POSTGRES": url}, doors)
    assert spec.environment == {
        "A": "a", "KATA_POSTGRES": "postgresql://ada:pw@127.0.0.1:5432/katas",
    }  # fmt: skip
    assert spec.cage is not None
    assert spec.cage["doors"] == [(5432, "/doors/db.example")]
    open_ = Spec(1, "/f", "/f", cage={"step": "landlock"})
    plain = _with_doors(open_, {"KATA_REDIS": "redis://cache.example/3"}, doors)
    assert plain.environment == {}
    assert plain.cage is not None
    assert plain.cage["doors"] == [(6379, "/doors/cache.example")]


def test_what_decides_a_verdict_is_in_its_key(case: Case) -> None:
    """Another file, another suite, another isolation: another verdict to find."""
    from dataclasses import replace

    files = {"app.py": b"x = 1"}
    keys = {
        key_of(case, files, "namespaces"),
        key_of(case, {"app.py": b"x = 2"}, "namespaces"),
        key_of(case, {"other.py": b"x = 1"}, "namespaces"),
        key_of(case, files, "landlock"),
        key_of(replace(case, digest="0"), files, "namespaces"),
        key_of(replace(case, outside=frozenset()), files, "namespaces"),
    }
    assert len(keys) == 6
    assert key_of(case, dict(files), "namespaces") in keys


def test_a_damaged_verdict_is_not_believed(tmp_path: Path) -> None:
    """What cannot be read is judged again."""
    cache = Cache(tmp_path)
    cache.put("ab" * 32, KataGrade("solved", 3))
    assert cache.get("ab" * 32) == KataGrade("solved", 3, cached=True)
    [kept] = tmp_path.rglob("*.json")
    kept.write_text(kept.read_text()[:-3])
    assert cache.get("ab" * 32) is None
    cache.put("cd" * 32, KataGrade("unavailable"))
    assert cache.get("cd" * 32) is None
