"""What a learner sees when things go wrong: each by the real command, over a fixture kata."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desk import INTERRUPTED, Desk, make_desk

as_root = os.name == "posix" and os.geteuid() == 0


def test_a_syntax_error_is_broken_with_file_and_line(desk: Desk) -> None:
    path = desk.write("from fastapi import FastAPI\n\napp = FastAPI(\n")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert verdict["message"] == "app.py has a syntax error in line 3: '(' was never closed."
    assert (verdict["file"], verdict["line"]) == (str(path), 3)


def test_a_missing_app_says_what_there_is_instead(desk: Desk) -> None:
    desk.write("from fastapi import FastAPI\n\nbookshop = FastAPI()\n")
    shown = desk.checker("check", "hello")
    assert shown.code == 1
    assert "app.py has no `app`. It has a FastAPI application named `bookshop`." in shown.out
    assert "Name it `app` instead of `bookshop`." in shown.out


def test_an_app_of_another_kind_is_named(desk: Desk) -> None:
    desk.write("app = {}\n")
    assert "`app` in app.py is a dict, not a FastAPI" in desk.verdict("hello")["message"]


def test_a_missing_module_of_the_kata_is_told_from_a_missing_package(desk: Desk) -> None:
    desk.write("from words import WORD\n")
    own = desk.verdict("hello")
    assert "the kata's own 'words' is meant" in own["message"]
    assert "from .words import" in own["advice"]
    desk.write("import flask_of_another_world\n")
    foreign = desk.verdict("hello")
    assert foreign["kind"] == "broken"
    assert "no installed module 'flask_of_another_world'" in foreign["message"]


def test_an_error_at_import_names_the_learners_line(desk: Desk) -> None:
    path = desk.write("from fastapi import FastAPI\n\napp = FastAPI()\nprint(nothing)\n")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert "NameError: name 'nothing' is not defined" in verdict["message"]
    assert (verdict["file"], verdict["line"]) == (str(path), 4)


def test_sys_exit_at_import_is_broken(desk: Desk) -> None:
    desk.write("import sys\n\nsys.exit(0)\n")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert "ends the whole program" in verdict["message"]


def test_a_deleted_app_is_broken_and_says_how_to_get_it_back(desk: Desk) -> None:
    (desk.hello / "app.py").unlink()
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert verdict["message"] == "app.py is not there."
    assert "checker reset" in verdict["advice"]


@pytest.mark.parametrize("runner", ["warm", "cold"])
def test_an_endless_loop_in_a_handler_names_test_and_limit(desk: Desk, runner: str) -> None:
    desk.solve()
    source = (desk.hello / "app.py").read_text()
    desk.write(source.replace('    return {"text": "Bye"}', "    while True:\n        pass"))
    verdict = desk.verdict("hello", KATA_RUNNER=runner)
    assert verdict["kind"] == "timeout"
    assert verdict["message"] == "GET /bye had no answer after 1 seconds, the limit for one test."
    outcomes = {test["id"]: test["outcome"] for test in verdict["tests"]}
    assert outcomes["test_bye_answers_200"] == "timeout"
    assert outcomes["test_hello_says_the_name"] == "passed", "the other tests go on"


def test_an_endless_loop_at_import_costs_one_limit_not_one_a_test(desk: Desk) -> None:
    desk.write("while True:\n    pass\n")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "timeout"
    first, *others = [test["seconds"] for test in verdict["tests"]]
    assert first >= 1
    assert max(others) < 1, "they do not wait for the same again"


@pytest.mark.parametrize("runner", ["warm", "cold"])
def test_a_loop_that_swallows_everything_is_ended_from_outside(desk: Desk, runner: str) -> None:
    desk.write(
        "import time\n\nwhile True:\n    try:\n        while True:\n            time.sleep(0.01)\n"
        "    except BaseException:\n        pass\n"
    )
    verdict = desk.verdict("hello", KATA_RUNNER=runner)
    assert verdict["kind"] == "timeout"
    assert "one test may take 1 seconds" in verdict["message"]
    assert "test_the_given_endpoint_still_works" in verdict["message"]


@pytest.mark.parametrize("runner", ["warm", "cold"])
@pytest.mark.parametrize("code", [0, 3])
def test_os_exit_is_a_crash_never_a_pass(desk: Desk, runner: str, code: int) -> None:
    desk.solve()
    source = (desk.hello / "app.py").read_text()
    desk.write(source.replace('    return {"text": "Bye"}', f"    import os; os._exit({code})"))
    verdict = desk.verdict("hello", KATA_RUNNER=runner)
    assert verdict["kind"] == "crashed"
    assert (
        f"ended by itself with exit code {code} during test_bye_answers_200" in verdict["message"]
    )
    outcomes = [test["outcome"] for test in verdict["tests"]]
    assert outcomes == ["passed", "passed", "passed", "not run"], "what came before is kept"


def test_a_killed_process_is_a_crash_with_its_signal(desk: Desk) -> None:
    desk.write("import os, signal\n\nos.kill(os.getpid(), signal.SIGKILL)\n")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "crashed"
    assert "was killed by signal 9" in verdict["message"]


def test_an_edited_suite_is_tampered_though_every_test_passes(desk: Desk) -> None:
    desk.solve()
    suite = desk.hello / "test_app.py"
    suite.write_text(suite.read_text().replace("== 200", "> 0"))
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "tampered"
    assert "test_app.py was changed or removed" in verdict["message"]
    assert "checker reset beginner/01_hello --suite" in verdict["advice"]
    assert "0 of 2 solved" in desk.checker().out


@pytest.mark.parametrize("name", ["test_app.py", "words.py", "kata.toml"])
def test_a_deleted_file_of_the_suite_is_tampered(desk: Desk, name: str) -> None:
    desk.solve()
    (desk.hello / name).unlink()
    verdict = desk.verdict("beginner/01_hello")
    assert verdict["kind"] == "tampered"
    assert name in verdict["message"]


def test_a_foreign_conftest_is_tampered_and_not_even_loaded(desk: Desk) -> None:
    desk.solve()
    desk.write("raise SystemExit('loaded')\n", name="conftest.py")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "tampered"
    assert "conftest.py" in verdict["message"]
    assert all(test["outcome"] == "passed" for test in verdict["tests"])


def test_windows_line_ends_are_no_tampering(desk: Desk) -> None:
    desk.solve()
    for name in ("test_app.py", "words.py", "kata.toml", "app.py"):
        path = desk.hello / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert desk.verdict("hello")["kind"] == "solved"


@pytest.mark.skipif(as_root, reason="root may read everything")
def test_an_unreadable_file_is_broken(desk: Desk) -> None:
    (desk.hello / "app.py").chmod(0)
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert "Permission denied" in verdict["message"]


def test_a_folder_in_place_of_the_file_is_broken(desk: Desk) -> None:
    (desk.hello / "app.py").unlink()
    (desk.hello / "app.py").mkdir()
    assert desk.verdict("hello")["kind"] == "broken"


def test_a_file_that_is_no_text_is_broken(desk: Desk) -> None:
    (desk.hello / "app.py").write_bytes(b"\xff\xfe\x00app")
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert "app.py" in verdict["message"]


def test_a_lifespan_that_fails_is_broken(desk: Desk) -> None:
    path = desk.write(
        "from contextlib import asynccontextmanager\n\nfrom fastapi import FastAPI\n\n\n"
        "@asynccontextmanager\nasync def lifespan(app):\n    raise RuntimeError('no shelf')\n"
        "    yield\n\n\napp = FastAPI(lifespan=lifespan)\n"
    )
    verdict = desk.verdict("hello")
    assert verdict["kind"] == "broken"
    assert "The app did not start: RuntimeError: no shelf" in verdict["message"]
    assert (verdict["file"], verdict["line"]) == (str(path), 8)


def test_an_exception_in_a_handler_is_shown_with_its_line(desk: Desk) -> None:
    desk.solve()
    source = (desk.hello / "app.py").read_text()
    desk.write(source.replace('    return {"text": "Bye"}', '    return {}["bye"]'))
    shown = desk.checker("check", "hello").out
    assert "GET /bye answered 500 Internal Server Error; expected 200 OK." in shown
    assert "your code raised KeyError: 'bye'" in shown
    assert 'return {}["bye"]' in shown


def test_print_is_kept_with_its_test(desk: Desk) -> None:
    desk.solve()
    source = (desk.hello / "app.py").read_text()
    desk.write(source.replace('    return {"text": "Bye"}', "    print('I am here')\n    1 / 0"))
    shown = desk.checker("check", "hello").out
    assert "Printed during this test:\n    I am here" in shown


def test_an_output_flood_is_cut(desk: Desk) -> None:
    desk.write("print('x' * 100 + '\\n', end='') \nfor _ in range(100_000): print('flood')\n")
    shown = desk.checker("check", "hello")
    assert shown.code == 1
    assert len(shown.out) < 10_000


def test_a_read_only_workspace_still_gives_verdicts(desk: Desk) -> None:
    desk.solve()
    if as_root:
        # Root may write anywhere, but not into a file that stands where the folder should be.
        (desk.root / ".kata").write_text("")
    else:
        desk.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        shown = desk.checker("check", "hello")
        plain = desk.pytest(str(desk.hello), "-p", "no:cacheprovider")
    finally:
        desk.root.chmod(0o755)
    assert shown.code == 0
    assert "solved" in shown.out
    assert "Progress could not be saved" in shown.err
    assert plain.code == 0
    assert "Progress could not be saved" in plain.out


def test_two_runs_at_once_both_count(desk: Desk) -> None:
    desk.solve()
    desk.solve("02_count")
    command = [sys.executable, "-m", "checker", "check", "--json"]
    runs = [
        subprocess.Popen([*command, kata], cwd=desk.root, env=desk.env(), stdout=subprocess.PIPE)
        for kata in ("hello", "count")
    ]
    assert [run.wait(60) for run in runs] == [0, 0]
    for run in runs:
        assert run.stdout is not None
        run.stdout.close()
    assert sorted(entry["kata"] for entry in desk.entries()) == [
        "beginner/01_hello",
        "beginner/02_count",
    ]
    assert "2 of 2 solved" in desk.checker().out


def test_spaces_and_foreign_letters_in_the_path(tmp_path: Path, packed: Path) -> None:
    desk = make_desk(tmp_path / "Ünser Büchér 書店" / "my work", packed)
    desk.solve()
    assert desk.verdict("hello")["kind"] == "solved"
    plain = desk.pytest("katas")
    assert "1 failed" not in plain.out
    assert "beginner: 1 of 2 solved" in plain.out


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_every_line_fits_the_terminal(desk: Desk, columns: str) -> None:
    for words in (["check", "hello"], ["check", "all"], ["hint", "hello"], []):
        shown = desk.checker(*words, COLUMNS=columns)
        longest = max(shown.out.splitlines(), key=len)
        paths = ("test_app.py", "README.md", "app.py", "katas/")
        assert len(longest) <= int(columns) or any(p in longest for p in paths), longest


def test_no_colour_when_none_is_wanted(desk: Desk) -> None:
    assert "\x1b" not in desk.checker("check", "hello").out
    coloured = desk.checker("check", "hello", NO_COLOR="", FORCE_COLOR="1").out
    assert "\x1b[" in coloured


def test_an_output_without_the_marks_does_not_fail(desk: Desk) -> None:
    shown = desk.checker("check", "hello", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert shown.code == 1
    assert "Traceback" not in shown.text


def test_a_closed_pipe_ends_quietly(desk: Desk) -> None:
    shell = f"{sys.executable} -m checker list | head -1"
    done = subprocess.run(
        shell,
        shell=True,
        cwd=desk.root,
        env=desk.env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_ctrl_c_leaves_no_process_behind(desk: Desk) -> None:
    import signal
    import time

    desk.write("import time\n\ntime.sleep(60)\n")
    run = subprocess.Popen(
        [sys.executable, "-m", "checker", "check", "hello"],
        cwd=desk.root,
        env=desk.env(KATA_MARK=str(desk.root)),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not _marked(str(desk.root)) - {run.pid} and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    run.send_signal(signal.SIGINT)
    _, error = run.communicate(timeout=20)
    assert run.returncode in INTERRUPTED
    assert error.strip() == "Interrupted."
    deadline = time.monotonic() + 5
    while _marked(str(desk.root)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _marked(str(desk.root))


def _marked(mark: str) -> set[int]:
    """The processes whose environment carries the mark (Linux)."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"KATA_MARK={mark}".encode() in (folder / "environ").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def test_a_half_written_kata_does_not_stop_the_others(desk: Desk) -> None:
    (desk.root / "katas" / "beginner" / "03_half_written").mkdir()
    desk.solve()
    assert desk.checker("check", "hello").code == 0
    status = desk.checker("status")
    assert status.code == 0
    assert "1 of 3 solved" in status.out
    assert "Half written" in desk.checker("list").out
