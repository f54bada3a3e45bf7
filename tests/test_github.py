"""The workflows, by running their steps; what `checker ci` tells GitHub; Classroom's points."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from checker.catalog import Kata, load_catalog
from checker.errors import CheckerError
from checker.journal import Entry, append, now
from checker.planned import planned_tests
from checker.verdict import Failure, TestResult, Verdict
from checker.views.classroom import MOST_BYTES, result_data, result_text
from checker.views.github import Judged, annotation_lines, command, summary_markdown
from checker.views.junit import verdicts_junit
from tests.desk import ROOT, Desk, Result
from tests.test_devcontainer import compose

WORKFLOWS = [
    ROOT / ".github/workflows/katas.yml",
    ROOT / ".github/workflows/project.yml",
    ROOT / "docs/classroom.yml",
]
ALLOWED = {"actions/checkout", "actions/setup-python", "actions/upload-artifact"}
REPORTER = "classroom-resources/autograding-grading-reporter"
needs_bash = pytest.mark.skipif(os.name == "nt", reason="the workflows' steps are for bash")


def workflow(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


def job_of(path: Path) -> dict[str, Any]:
    (job,) = workflow(path)["jobs"].values()
    return dict(job)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_fits_the_schema(path: Path) -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_reads_only_and_pins_what_it_uses(path: Path) -> None:
    permissions = workflow(path)["permissions"]
    assert set(permissions.values()) == {"read"}
    images = {name: service["image"] for name, service in compose()["services"].items()}
    for name, service in job_of(path)["services"].items():
        assert service["image"] == images[name], "as in the dev container"
        assert "--health-cmd" in service["options"]
    for step in job_of(path)["steps"]:
        action, _, version = step.get("uses", "").partition("@")
        if action and not (action == REPORTER and path.parent.name == "docs"):
            assert action in ALLOWED
            assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action


def test_no_expression_stands_in_a_script() -> None:
    """An expression in `run` is replaced before the shell reads it: text becomes commands."""
    for path in WORKFLOWS:
        assert not any("${{" in step.get("run", "") for step in job_of(path)["steps"])


@dataclass
class Push:
    """One run of a workflow's scripts in a copy of the workspace, as GitHub runs them."""

    root: Path
    temp: Path

    def run(self, path: Path) -> list[tuple[str, Result]]:
        """Each script of the workflow's one job, in order, whatever came of those before."""
        steps = [step for step in job_of(path)["steps"] if "run" in step]
        return [(step["name"], self.step(step)) for step in steps]

    def step(self, step: dict[str, Any]) -> Result:
        ports = {"postgres": "5432", "redis": "6379"}
        given = {
            key: re.sub(r"\$\{\{ job\.services\.(\w+)\.[^}]*\}\}", lambda m: ports[m[1]], value)
            for key, value in step.get("env", {}).items()
        }
        for name in ("summary", "output"):
            (self.temp / name).write_text("")
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.temp), "LANG": "C.UTF-8",
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.root),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_OUTPUT": str(self.temp / "output"), "RUNNER_TEMP": str(self.temp), **given,
        }  # fmt: skip
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "-e", str(script)], cwd=self.root, env=environment, capture_output=True,
            encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    def judge(self) -> Result:
        """What came of the judging step of a learner's workflow."""
        step = next(s for s in job_of(WORKFLOWS[0])["steps"] if s.get("id") == "judge")
        return self.step(step)

    @property
    def summary(self) -> str:
        return (self.temp / "summary").read_text(encoding="utf-8")

    @property
    def output(self) -> str:
        return (self.temp / "output").read_text(encoding="utf-8")

    @property
    def first(self) -> Path:
        return self.root / "katas/beginner/01_from_wsgi_to_fastapi/app.py"

    @property
    def second(self) -> Path:
        return self.root / "katas/beginner/02_key_features/app.py"

    def solve(self, app: Path) -> None:
        shutil.copyfile(ROOT / "solutions" / app.relative_to(self.root / "katas"), app)

    def remember_solved(self) -> None:
        """Check everything that was worked on, as the learner did before the push."""
        step = {"run": "unset GITHUB_ACTIONS; .venv/bin/checker check --changed"}
        assert self.step(step).code == 0


@pytest.fixture
def push(tmp_path: Path) -> Push:
    """A fresh copy of the workspace whose environment is the one that runs the tests."""
    root = tmp_path / "work" / "fastapi-katas"
    left_out = shutil.ignore_patterns("__pycache__", ".*_cache", "private", "*.jsonl")
    for name in ("katas", ".devcontainer", "checker"):
        shutil.copytree(ROOT / name, root / name, ignore=left_out)
    for name in ("start.py", "pyproject.toml", "constraints.txt", ".gitattributes"):
        shutil.copyfile(ROOT / name, root / name)
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    script = programs / "checker"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m checker "$@"\n')
    script.chmod(0o755)
    # As start.py stamps an environment that has everything: then it installs nothing again.
    pins = [(ROOT / name).read_text() for name in ("pyproject.toml", "constraints.txt")]
    (root / ".venv/katas-installed").write_text("\n".join([str(root), "True", *pins]))
    (tmp_path / "temp").mkdir()
    return Push(root, tmp_path / "temp")


@needs_bash
def test_a_fork_without_any_work_passes_and_is_told_where_to_begin(push: Push) -> None:
    codes = {name: result.code for name, result in push.run(WORKFLOWS[0]) if name[:5] != "Write"}
    assert codes == {"Set up": 0, "Judge what was worked on": 0}
    judged = push.judge()
    assert judged.code == 0
    assert "no kata has been worked on" in push.summary
    assert commands(judged.out) == []


@needs_bash
def test_an_unsolved_kata_does_not_fail_a_push(push: Push) -> None:
    push.solve(push.first)
    push.remember_solved()
    push.second.write_text(push.second.read_text() + "\nnumber = 1\n")
    judged = push.judge()
    assert judged.code == 0, judged
    assert "**1 of 2 solved, and nothing broke.**" in push.summary
    (note,) = commands(judged.out)
    assert note.startswith("::notice file=katas/beginner/02_key_features/app.py,line=")
    assert 'tests="' in (push.temp / "katas.xml").read_text()


@needs_bash
def test_a_solved_kata_that_broke_fails_the_push_and_is_marked(push: Push) -> None:
    push.solve(push.first)
    push.solve(push.second)
    push.remember_solved()
    push.first.write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    judged = push.judge()
    assert judged.code == 1, judged
    assert "**A kata that was solved before is not solved any more.**" in push.summary
    assert "| **broke**: not yet |" in push.summary
    assert "→ 404" in push.summary, "the first failing exchange"
    (error,) = commands(judged.out)
    assert error.startswith("::error file=katas/beginner/01_from_wsgi_to_fastapi/app.py,line=")
    assert "beginner 01" in error


@needs_bash
def test_a_stub_that_came_back_breaks_a_kata_and_a_reset_does_not(push: Push) -> None:
    stub = push.first.read_bytes()
    push.solve(push.first)
    push.remember_solved()
    push.first.write_bytes(stub)
    assert push.judge().code == 1
    push.solve(push.first)
    assert push.step({"run": ".venv/bin/checker reset beginner/1"}).code == 0
    assert push.judge().code == 0


@needs_bash
def test_a_solved_kata_whose_folder_is_gone_broke(push: Push) -> None:
    push.solve(push.first)
    push.remember_solved()
    shutil.rmtree(push.first.parent)
    judged = push.judge()
    assert judged.code == 1
    assert "its folder is gone" in push.summary
    assert commands(judged.out)[0].startswith("::error title=beginner/01_from_wsgi_to_fastapi")


@needs_bash
def test_without_a_journal_nothing_is_known_to_break_and_that_is_said(push: Push) -> None:
    push.first.write_text("broken(\n")
    assert push.judge().code == 0
    assert "There is no `.kata/journal.jsonl` here" in push.summary


@needs_bash
def test_the_report_of_a_push_is_where_the_artifact_is_taken_from(push: Push) -> None:
    push.solve(push.first)
    assert all(result.code == 0 for _, result in push.run(WORKFLOWS[0]))
    (upload,) = (s for s in job_of(WORKFLOWS[0])["steps"] if "upload" in s.get("uses", ""))
    for line in upload["with"]["path"].split("\n")[:2]:
        assert Path(line.replace("${{ runner.temp }}", str(push.temp))).stat().st_size


@needs_bash
def test_the_classroom_steps_write_a_result_the_reporter_reads(push: Push) -> None:
    push.solve(push.first)
    steps = {s.get("id"): s for s in job_of(WORKFLOWS[2])["steps"]}
    judged = push.step(steps["beginner"])
    assert judged.code == 0, "the reporter fails the job, not the step"
    results = read_as_the_reporter(push.output.removeprefix("result=").strip())
    assert results["status"] == "fail"
    total = sum(not t.guard for k in load_catalog(ROOT / "katas")[:10] for t in planned_tests(k))
    assert results["max_score"] == total
    solved = planned_tests(load_catalog(ROOT / "katas")[0])
    assert points(results) == sum(not test.guard for test in solved)
    reporter = next(s for s in job_of(WORKFLOWS[2])["steps"] if REPORTER in s.get("uses", ""))
    for runner in reporter["with"]["runners"].split(","):
        wanted = f"${{{{ steps.{runner}.outputs.result }}}}"
        assert reporter["env"][f"{runner.upper()}_RESULTS"] == wanted
        assert runner in steps


def test_the_classroom_workflow_has_the_names_that_the_reporter_demands() -> None:
    assert workflow(WORKFLOWS[2])["name"] == "Autograding Tests"
    assert list(workflow(WORKFLOWS[2])["jobs"]) == ["run-autograding-tests"]


# What `checker ci` prints, read as the runner reads it.


def commands(log: str) -> list[str]:
    """The workflow commands of a log that the runner obeys (its ActionCommand.cs)."""
    token, obeyed = "", []
    for line in re.split(r"\r\n|\r|\n", log):
        text = line.lstrip()
        if token:
            token = "" if text.startswith(f"::{token}::") else token
        elif text.startswith("::stop-commands::"):
            token = text.removeprefix("::stop-commands::")
        elif re.match(r"::[a-z-]+(?: [^\n]*?)?::", text) or "##[" in text:
            obeyed.append(text)
    assert not token, "commands are obeyed again at the end"
    return obeyed


HOSTILE = """from fastapi import FastAPI

app = FastAPI()

@app.get("/given")
def given():
    return {"given": True}

@app.get("/hello/{name}")
def hello(name):
    print("::error file=katas/x.py::forged")
    print("  ::set-output name=result::forged")
    print("text ##[error]forged")
    print("::stop-commands::pause\\r::error::forged\\n```\\n# Forged heading\\n<img src=x>")
    raise ValueError("a\\n::error::forged 100%25\\n````\\n# Forged heading")
"""


def test_nothing_that_a_kata_prints_becomes_a_command_or_markup(desk: Desk) -> None:
    desk.write(HOSTILE)
    own = desk.root / "katas/beginner/03_own"
    shutil.copytree(desk.hello, own)
    toml = (own / "kata.toml").read_text()
    title = '"x\\n::error::forged | <b>`# ##[error]forged"'
    (own / "kata.toml").write_text(toml.replace('"Say hello"', title))
    summary = desk.root / "summary.md"
    done = desk.checker("ci", GITHUB_ACTIONS="true", GITHUB_WORKSPACE=str(desk.root),
                        GITHUB_STEP_SUMMARY=str(summary))  # fmt: skip
    assert done.code == 0, done
    told = commands(done.out)
    assert [re.split("[ ,]", line)[1] for line in told] == [
        "file=katas/beginner/01_hello/app.py",
        "file=katas/beginner/03_own/app.py",
    ]
    assert all(line.startswith("::notice ") for line in told)
    assert "\\r" not in "".join(told)
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(summary.read_text())
    assert {t.type for t in tokens}.isdisjoint({"html_block"})
    assert {c.type for t in tokens for c in t.children or []}.isdisjoint({"html_inline", "link"})
    headings = [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "heading_open"]
    assert len(headings) == 3, headings
    assert "Forged heading" not in " ".join(headings)


def test_a_suite_is_not_given_the_files_and_tokens_of_the_step(desk: Desk) -> None:
    desk.solve()
    bye(desk, "import os; raise ValueError(sorted(n for n in os.environ if n[:3] in 'GITHUB_ACT'))")
    done = desk.checker("ci", GITHUB_ACTIONS="true", GITHUB_OUTPUT="o", GITHUB_ENV="e",
                        GITHUB_TOKEN="t", ACTIONS_RUNTIME_TOKEN="t")  # fmt: skip
    assert "GITHUB_ACTIONS" in done.out, "the test can see what is there"
    for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN"):
        assert name not in done.out


@pytest.mark.parametrize(("loop", "words"), [
    ("while True: pass", "took too long"), ("import os; os._exit(0)", "crashed")])  # fmt: skip
def test_a_solved_kata_that_hangs_or_dies_broke(desk: Desk, loop: str, words: str) -> None:
    desk.solve()
    solved = Entry(now(), "beginner/01_hello", "run", "solved", 3, 3)
    append(desk.journal, solved)
    bye(desk, loop)
    summary = desk.root / "summary.md"
    done = desk.checker("ci", "--junit", "out.xml", GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1
    assert f"**broke**: {words}" in summary.read_text()
    assert "::" not in done.out, "outside of GitHub no commands are printed"
    assert 'errors="0"' not in (desk.root / "out.xml").read_text().splitlines()[1]


def test_a_missing_service_breaks_no_kata(desk: Desk) -> None:
    kata = load_catalog(desk.root / "katas")[0]
    one = Judged(kata, Verdict(kata.name, "unavailable", message="No Redis."), before=True)
    assert not one.broke
    (line,) = annotation_lines([one], [], desk.root)
    assert line.startswith("::warning ")


def test_commands_are_escaped_as_the_runner_reads_them_back() -> None:
    line = command("error", "50%\r\n::error::x", file="a,b:c%\n.py", line=0, title="")
    assert line == "::error file=a%2Cb%3Ac%25%0A.py::50%25%0D%0A::error::x"


def test_a_file_outside_the_repository_is_never_named(desk: Desk) -> None:
    kata = load_catalog(desk.root / "katas")[0]
    verdict = Verdict(kata.name, "broken", message="No.", file="/etc/passwd", line=3)
    (line,) = annotation_lines([Judged(kata, verdict)], [], desk.root)
    assert "file=katas/beginner/01_hello/app.py,line=1," in line


def test_a_summary_keeps_to_its_room_and_shows_what_broke_first(desk: Desk) -> None:
    first, second = load_catalog(desk.root / "katas")
    long = "word " * 5000
    judged = [
        Judged(first, Verdict(first.name, "broken", message=f"One. {long}")),
        Judged(second, Verdict(second.name, "broken", message=f"Two. {long}"), before=True),
    ]
    whole = summary_markdown(judged, [], journal=True)
    room = len(whole.encode()) - 5000
    text = summary_markdown(judged, [], journal=True, room=room)
    assert len(text.encode()) <= room + 100
    assert "Two." in text
    assert "One." not in text
    assert "There was no room for 1 more" in text


# JUnit.


def test_a_checks_junit_is_whole_xml_whatever_a_kata_says(desk: Desk) -> None:
    kata = load_catalog(desk.root / "katas")[0]
    odd = "a\x00\x1b[31m\ud800\ufffe<&]]>\r\n"
    tests = (
        TestResult("test_a", odd, outcome="passed", seconds=0.25, output=odd),
        TestResult("test_b", "It is right.", outcome="failed", failure=Failure(odd)),
        TestResult("test_c", "It is quick.", outcome="timeout", failure=Failure("Too long.")),
        TestResult("test_d", "It is last."),
    )
    dead = Verdict(kata.name, "crashed", message="It died.", output=odd)
    text = verdicts_junit([(kata, Verdict(kata.name, "timeout", tests)), (kata, dead)])
    root = ElementTree.fromstring(text.encode())
    first, second = root.findall("testsuite")
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "5", "failures": "1", "errors": "2", "skipped": "1"}
    assert first.find("testcase").get("time") == "0.250"  # type: ignore[union-attr]
    assert [case.get("name") for case in first][1:] == [
        "It is right.",
        "It is quick.",
        "It is last.",
    ]
    assert second.find("testcase/error").get("message") == "It died."  # type: ignore[union-attr]


def test_a_check_writes_junit_beside_its_verdicts(desk: Desk) -> None:
    desk.solve()
    done = desk.checker("check", "all", "--junit", "results/out.xml")
    root = ElementTree.parse(desk.root / "results" / "out.xml").getroot()
    assert done.code == 1
    assert [suite.get("name") for suite in root] == [
        "beginner/01_hello Say hello",
        "beginner/02_count Count",
    ]
    assert int(root[1].get("failures") or 0) > 0
    assert desk.checker("check", "hello", "--junit", str(desk.root)).code == 2


# Classroom.


def bye(desk: Desk, code: str) -> None:
    source = (desk.hello / "app.py").read_text()
    desk.write(source.replace('    return {"text": "Bye"}', f"    {code}"))


def read_as_the_reporter(encoded: str) -> dict[str, Any]:
    """A runner's result as the reporter takes it (src/main.js), its shape checked."""
    assert re.fullmatch(r"[A-Za-z0-9+/]+=*", encoded)
    assert len(encoded) <= MOST_BYTES
    results = json.loads(base64.b64decode(encoded))
    assert results["status"] in ("pass", "fail", "error")
    assert isinstance(results["max_score"], int)
    kinds = {"name": str, "status": str, "score": int, "message": str, "test_code": str,
             "filename": str, "line_no": int, "execution_time": float}  # fmt: skip
    for test in results["tests"]:
        assert {key: type(value) for key, value in test.items()} == kinds
        assert test["status"] in ("pass", "fail", "error")
        assert test["score"] in (0, 1)
        assert test["status"] == "pass" or not test["score"]
    assert (results["status"] == "pass") == all(t["status"] == "pass" for t in results["tests"])
    return dict(results)


def points(results: dict[str, Any]) -> int:
    """As src/notify-classroom.js adds them up."""
    return sum(test["score"] for test in results["tests"])


def graded(desk: Desk, *words: str) -> dict[str, Any]:
    output = desk.root / "output"
    done = desk.checker("check", *(words or ("hello",)), "--classroom",
                        GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(output))  # fmt: skip
    assert done.code == 0, done
    assert commands(done.out) == []
    (line,) = output.read_text().splitlines()
    return read_as_the_reporter(line.removeprefix("result="))


def test_a_solved_kata_has_all_its_points(desk: Desk) -> None:
    desk.solve()
    results = graded(desk)
    assert (results["status"], points(results), results["max_score"]) == ("pass", 3, 3)
    assert results["tests"][0]["name"] == "beginner 01: GET /hello/{name} answers 200."


def test_a_stub_has_none_and_each_failure_says_why(desk: Desk) -> None:
    results = graded(desk)
    assert (results["status"], points(results), results["max_score"]) == ("fail", 0, 3)
    first = results["tests"][0]
    assert "GET /hello/somebody answered 404" in first["message"]
    assert first["test_code"].startswith("assert answer.status_code == 200\n# GET /hello")


@pytest.mark.parametrize("code", ["while True: pass", "import os; os._exit(0)"])
def test_a_time_out_or_a_crash_is_an_error_with_the_points_so_far(desk: Desk, code: str) -> None:
    desk.solve()
    bye(desk, code)
    results = graded(desk)
    assert (results["status"], points(results), results["max_score"]) == ("error", 2, 3)
    last = results["tests"][-1]
    assert last["status"] == "error"
    assert "GET /bye answers 200." in last["message"], "the reporter shows no name with an error"


def test_a_crash_at_import_has_no_points_of_the_suites_own_number(desk: Desk) -> None:
    desk.write("import os\n\nos._exit(0)\n")
    results = graded(desk)
    assert (results["status"], points(results), results["max_score"]) == ("error", 0, 3)


def test_a_changed_suite_has_no_points_and_the_original_number(desk: Desk) -> None:
    desk.solve()
    easy = "\n".join(f"def test_{n}():\n    pass\n" for n in range(20))
    (desk.hello / "test_app.py").write_text(easy)
    results = graded(desk)
    assert (results["status"], points(results), results["max_score"]) == ("error", 0, 3)
    assert "The suite is not the original one" in results["tests"][0]["message"]


def test_a_level_adds_up(desk: Desk) -> None:
    desk.solve()
    results = graded(desk, "beginner")
    alone = graded_of(desk, "count")
    assert results["max_score"] == 3 + alone
    assert points(results) == 3


def graded_of(desk: Desk, kata: str) -> int:
    (desk.root / "output").unlink()
    return int(graded(desk, kata)["max_score"])


def test_text_of_a_kata_gives_the_reporters_log_no_commands(desk: Desk) -> None:
    desk.write(HOSTILE)
    for test in graded(desk)["tests"]:
        for line in f"{test['name']}\n{test['message']}\n{test['test_code']}".splitlines():
            assert not commands(line)


def test_a_large_result_is_cut_until_it_fits_its_variable(desk: Desk) -> None:
    kata = load_catalog(desk.root / "katas")[0]
    small = verdict_of(kata, 3)
    assert len(result_text([(kata, small)] * 40)) <= MOST_BYTES
    assert result_data([(kata, small)] * 40)["max_score"] == 120
    with pytest.raises(CheckerError, match="Give each level a step of its own"):
        result_text([(kata, small)] * 400)


def verdict_of(kata: Kata, count: int) -> Verdict:
    failure = Failure("It said no. " * 400, test_text="assert False")
    names = [test.id for test in planned_tests(kata)]
    tests = (TestResult(name, "A sentence. " * 5, outcome="failed", failure=failure)
             for name in names[-count:])  # fmt: skip
    return Verdict(kata.name, "failing", tests=(TestResult(names[0], "", guard=True), *tests))


def test_the_planned_tests_are_those_that_pytest_collects() -> None:
    words = ["-m", "pytest", "--collect-only", "-q", "-p", "no:randomly", "katas"]
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    collected: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        found = re.match(r"katas/(\w+/\w+)/test_app\.py::(\S+)", line)
        if found:
            collected.setdefault(found[1], []).append(found[2])
    planned = {k.name: [t.id for t in planned_tests(k)] for k in load_catalog(ROOT / "katas")}
    assert collected == planned
