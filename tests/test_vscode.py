"""The workspace as VS Code sees it: Test Explorer, tasks, Problems panel, and files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.candidate import reference_of
from checker.catalog import Kata, load_catalog
from tests.desk import ROOT, Desk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="uses a named pipe of POSIX")
VSCODE = ROOT / ".vscode"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole workspace under a path with spaces, as the editor opens it."""
    root = tmp_path_factory.mktemp("vs code") / "my fastapi katas"
    shutil.copytree(ROOT / "katas", root / "katas", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "pyproject.toml", root / "pyproject.toml")
    return root


def katas_of(root: Path) -> tuple[Kata, ...]:
    return load_catalog(root / "katas")


def settings() -> dict[str, Any]:
    return read_with_comments(VSCODE / "settings.json")


def read_with_comments(path: Path) -> dict[str, Any]:
    """A file of VS Code's: JSON in which whole lines may be comments."""
    text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(json.loads(text))


def adapter(root: Path, *arguments: str) -> list[dict[str, Any]]:
    """Run pytest as the editor does, and return the messages that came through the pipe."""
    pipe = root.parent / "pipe"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    received: list[bytes] = []
    # Opened for writing, too: the plugin opens it anew for each message.
    reading = os.open(pipe, os.O_RDWR)

    def read() -> None:
        while data := os.read(reading, 1 << 16):
            if data.endswith(b"\0end"):
                received.append(data[:-4])
                return
            received.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    command = [
        sys.executable, "-m", "pytest", "-p", "vscode_adapter", f"--rootdir={root}", *arguments,
        "-p", "no:randomly",
    ]  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "KATA_"))}
    environment = {**kept, "TEST_RUN_PIPE": str(pipe), "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    os.write(reading, b"\0end")
    reader.join(10)
    os.close(reading)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return list(messages(b"".join(received)))


def messages(data: bytes) -> Iterator[dict[str, Any]]:
    """Take the stream of framed messages apart."""
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])  # type: ignore[index]
        yield json.loads(rest[:length])["params"]
        data = rest[length:]


def results(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What was told of each test."""
    assert all(message["status"] == "success" for message in found)
    merged: dict[str, dict[str, Any]] = {}
    for message in found:
        merged |= message["result"]
    return merged


def leaves(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node["children"]:
        if child["type_"] == "test":
            yield child
        else:
            yield from leaves(child)


@pytest.fixture(scope="module")
def tree(workspace: Path) -> dict[str, Any]:
    found = adapter(workspace, "--collect-only", *settings()["python.testing.pytestArgs"])
    assert len(found) == 1
    assert found[0]["error"] == []
    return dict(found[0]["tests"])


def test_the_explorer_shows_level_kata_and_test(workspace: Path, tree: dict[str, Any]) -> None:
    (katas,) = tree["children"]
    assert katas["name"] == "katas"
    shown = [
        f"{level['name']}/{kata['name']}"
        for level in katas["children"]
        for kata in level["children"]
    ]
    assert shown == [kata.name for kata in katas_of(workspace)]
    for level in katas["children"]:
        for kata in level["children"]:
            (suite,) = kata["children"]
            assert suite["name"] == "test_app.py"
            lines = [int(test["lineno"]) for test in leaves(suite)]
            assert lines == sorted(lines), "the tests are shown in the order of the file"


def test_a_click_leads_to_the_test(tree: dict[str, Any]) -> None:
    for test in leaves(tree):
        line = Path(test["path"]).read_text(encoding="utf-8").splitlines()[int(test["lineno"]) - 1]
        assert line.startswith(("def test_", "async def test_", "@pytest.mark")), test


def test_every_stub_shows_failures_in_plain_words(workspace: Path, tree: dict[str, Any]) -> None:
    outcomes = results(adapter(workspace, *settings()["python.testing.pytestArgs"]))
    assert set(outcomes) == {test["id_"] for test in leaves(tree)}
    failed = [one for one in outcomes.values() if one["outcome"] != "success"]
    assert {one["outcome"] for one in failed} == {"failure"}
    for one in failed:
        assert one["message"], one
        assert "Traceback" not in one["message"]
        assert f"{Path(one['test'].partition('::')[0]).name}:" in one["message"]
    passed = [test for test, one in outcomes.items() if one["outcome"] == "success"]
    assert len(passed) <= 3 * len(katas_of(workspace)), "only guards pass on a stub"


def test_every_reference_is_green(tmp_path: Path, workspace: Path) -> None:
    solved = tmp_path / "solved katas"
    shutil.copytree(workspace, solved)
    for kata in katas_of(solved):
        for name, path in reference_of(kata, ROOT / "solutions" / kata.name).files.items():
            (kata.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, kata.folder / name)
    outcomes = results(adapter(solved, *settings()["python.testing.pytestArgs"]))
    assert {
        test: one["message"] for test, one in outcomes.items() if one["outcome"] != "success"
    } == {}


def test_one_test_and_one_kata_run_by_their_ids(workspace: Path, tree: dict[str, Any]) -> None:
    suite = str(workspace / "katas" / "beginner" / "03_read_and_add_books" / "test_app.py")
    ids = [test["id_"] for test in leaves(tree) if test["path"] == suite]
    assert set(results(adapter(workspace, ids[1]))) == {ids[1]}
    assert set(results(adapter(workspace, *ids))) == set(ids)


def test_a_missing_service_is_no_failure_in_the_explorer(
    workspace: Path, tree: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    suite = str(workspace / "katas" / "mid" / "06_orders_in_postgresql" / "test_app.py")
    ids = [test["id_"] for test in leaves(tree) if test["path"] == suite]
    assert {one["outcome"] for one in results(adapter(workspace, *ids)).values()} == {"skipped"}


def matchers() -> list[dict[str, Any]]:
    tasks = read_with_comments(VSCODE / "tasks.json")["tasks"]
    return [task["problemMatcher"] for task in tasks if task["problemMatcher"]]


def problems(output: str) -> list[tuple[str, int, str]]:
    """The problems that each matcher of the tasks finds in an output."""
    found = []
    for matcher in matchers():
        pattern = matcher["pattern"]
        hits = [re.match(pattern["regexp"], line) for line in output.splitlines()]
        found.append(
            [
                (m[pattern["file"]], int(m[pattern["line"]]), m[pattern["message"]])
                for m in hits
                if m
            ]
        )
    assert found
    assert all(one == found[0] for one in found)
    return found[0]


BROKEN = "from fastapi import FastAPI\napp = FastAPI(\n"
ENDLESS = "while True:\n    pass\n"
CRASHING = "import os\nos._exit(3)\n"


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("", 1, "app.py has no `app`"),
        (BROKEN, 2, "app.py has a syntax error in line 2"),
        (CRASHING, 1, "exit code 3"),
    ],
    ids=["no app", "broken", "crashed"],
)
def test_the_problems_panel_gets_file_and_line(
    desk: Desk, source: str, line: int, words: str
) -> None:
    desk.write(source)
    result = desk.checker("check", "hello", "--problems")
    (problem,) = problems(result.out)
    assert problem[:2] == ("katas/beginner/01_hello/app.py", line)
    assert words in problem[2]


def test_the_problems_panel_gets_each_failing_test(desk: Desk) -> None:
    desk.checker("reset", "hello")
    found = problems(desk.checker("check", "hello", "--problems").out)
    verdict = desk.verdict("hello")
    failed = [test for test in verdict["tests"] if test["outcome"] == "failed"]
    assert len(found) == len(failed) > 0
    for (file, line, message), test in zip(found, failed, strict=True):
        assert (desk.root / file).is_file()
        assert line >= 1
        assert message.endswith(f"[{test['id']}]")


def test_an_edited_suite_and_a_time_out_are_problems(desk: Desk) -> None:
    desk.write("\n# changed", name="test_app.py")
    ((file, _, message),) = problems(desk.checker("check", "hello", "--problems").out)
    assert "The suite is not the original one" in message
    desk.checker("reset", "hello", "--suite")
    desk.write(ENDLESS)
    ((file, _, message),) = problems(desk.checker("check", "hello", "--problems").out)
    assert file.startswith("katas/beginner/01_hello/")
    assert "seconds" in message


def test_a_missing_service_is_a_problem_of_the_kata(workspace: Path) -> None:
    dead = "postgresql://127.0.0.1:1/none"
    shown = Desk(workspace).checker("check", "mid/6", "--problems", DATABASE_URL=dead)
    ((file, line, message),) = problems(shown.out)
    assert (file, line) == ("katas/mid/06_orders_in_postgresql/app.py", 1)
    assert "PostgreSQL" in message


def test_a_solved_kata_has_no_problem(desk: Desk) -> None:
    desk.solve()
    assert problems(desk.checker("check", "hello", "--problems").out) == []


def test_the_watch_task_knows_when_a_run_begins_and_ends(desk: Desk) -> None:
    (matcher,) = [m for m in matchers() if "background" in m]
    background = matcher["background"]
    with subprocess.Popen(
        [sys.executable, "-m", "checker", "watch", "--problems", "hello"],
        cwd=desk.root,
        env=desk.env(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line.rstrip("\n"))
            if re.search(background["endsPattern"], seen[-1]):
                break
        process.terminate()
    begins = [n for n, line in enumerate(seen) if re.search(background["beginsPattern"], line)]
    assert len(begins) == 1
    assert begins[0] < len(seen) - 1
    assert problems("\n".join(seen))


def test_the_tasks_run_commands_that_there_are() -> None:
    from checker.cli import COMMANDS

    tasks = read_with_comments(VSCODE / "tasks.json")["tasks"]
    for task in tasks:
        assert task["args"][:2] == ["-m", "checker"]
        assert task["args"][2] in COMMANDS
        assert task["command"] == "${command:python.interpreterPath}"
    for configuration in read_with_comments(VSCODE / "launch.json")["configurations"]:
        assert configuration["type"] == "debugpy"


def test_the_tasks_that_a_learner_needs_are_there() -> None:
    tasks = read_with_comments(VSCODE / "tasks.json")["tasks"]
    of_this_kata = {task["args"][2] for task in tasks if task["args"][-1] == "${file}"}
    assert {"watch", "check", "read", "hint", "solution", "serve"} <= of_this_kata
    others = {task["args"][2] for task in tasks if "${file}" not in task["args"]}
    assert {"status", "report", "doctor"} <= others


def test_the_debugger_has_this_katas_suite_and_its_app() -> None:
    found = {
        one["name"]: one for one in read_with_comments(VSCODE / "launch.json")["configurations"]
    }
    suite = found["Debug this kata's suite"]
    assert (suite["module"], suite["args"][0]) == ("pytest", "${fileDirname}")
    app = found["Debug this kata's app under its server"]
    assert (app["module"], app["args"][0], app["args"][-1]) == ("checker", "serve", "${file}")


def test_solutions_are_out_of_search_and_problems_but_not_hidden() -> None:
    assert settings()["search.exclude"]["solutions/**"]
    assert "**/solutions/**" in settings()["python.analysis.ignore"]
    assert not any("solutions" in pattern for pattern in settings()["files.exclude"])


def test_a_fresh_window_has_no_problem_of_lint() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "katas"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_this_kata_is_the_one_of_the_file_in_focus(desk: Desk) -> None:
    solution = desk.root / "solutions" / "beginner" / "02_count"
    solution.mkdir(parents=True)
    (solution / "app.py").touch()
    for file in (desk.count / "app.py", desk.count / "test_app.py", solution / "app.py"):
        assert desk.checker("hint", str(file)).out.startswith("beginner 02")


def test_a_file_of_no_kata_in_focus_is_said_to_be_none(desk: Desk) -> None:
    shown = desk.checker("check", str(desk.root / "pyproject.toml"))
    assert shown.code == 2
    assert "belongs to no kata. Open a file of a kata first" in shown.err
