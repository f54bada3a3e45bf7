"""Plain pytest over a workspace: one screen, and progress kept."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.desk import FIXTURES, ROOT, Desk


def test_stubs_fail_by_assertions_only_on_one_screen(desk: Desk) -> None:
    shown = desk.pytest("katas/beginner")
    assert shown.code == 1
    assert "5 failed, 1 passed" in shown.out.splitlines()[-1]
    assert "error" not in shown.out.lower()
    assert "warning" not in shown.out.lower()
    assert len(shown.out.splitlines()) <= 24
    assert "beginner: 0 of 2 solved" in shown.out
    assert "Start here: Say hello" in shown.out
    assert shown.err == ""


def test_progress_is_kept_without_any_checker_command(desk: Desk) -> None:
    desk.solve()
    desk.solve("02_count")
    shown = desk.pytest("katas")
    assert shown.code == 0
    assert "beginner: 2 of 2 solved" in shown.out
    assert "Every kata is solved" in shown.out
    assert "2 of 2 solved" in desk.checker().out
    assert {entry["how"] for entry in desk.entries()} == {"pytest"}


@pytest.mark.parametrize("place", [".", "katas", "katas/beginner", "katas/beginner/01_hello"])
def test_it_works_from_every_folder(desk: Desk, place: str) -> None:
    desk.solve()
    shown = desk.pytest("test_app.py" if place.endswith("hello") else ".", cwd=desk.root / place)
    assert "beginner: 1 of 2 solved" in shown.out
    assert "error" not in shown.out.lower()


def test_one_kata_shows_its_first_failure_in_full_and_the_rest_in_lines(desk: Desk) -> None:
    shown = desk.pytest("katas/beginner/01_hello")
    assert "GET /hello/somebody answered 404 Not Found; expected 200 OK." in shown.out
    assert shown.out.count("test_app.py:") == 1, "only one failure is shown in full"
    assert "Still to do:" in shown.out
    assert "✗ GET /bye answers 200." in shown.out
    assert "checker hint beginner/1" in shown.out


def test_a_single_test_is_no_progress_and_says_so(desk: Desk) -> None:
    desk.solve()
    shown = desk.pytest("katas/beginner/01_hello/test_app.py::test_bye_answers_200")
    assert shown.code == 0
    assert "1 of 4 tests ran" in shown.out
    assert desk.entries() == []
    assert "0 of 2 solved" in desk.checker().out


def test_a_single_test_that_fails_says_why(desk: Desk) -> None:
    shown = desk.pytest("katas/beginner/01_hello/test_app.py::test_bye_answers_200")
    assert shown.code == 1
    assert "GET /bye answered 404 Not Found; expected 200 OK." in shown.out
    assert "1 of 4 tests ran" in shown.out


@pytest.mark.parametrize("words", [["-k", "bye"], ["-x"]])
def test_a_run_that_was_cut_short_is_no_verdict(desk: Desk, words: list[str]) -> None:
    desk.pytest("katas/beginner/01_hello", *words)
    assert desk.entries() == []


def test_asking_for_tracebacks_gives_pytests_own_view(desk: Desk) -> None:
    shown = desk.pytest("katas/beginner/01_hello", "--tb=long")
    assert "= FAILURES =" in shown.out
    assert shown.out.count("expected 200 OK.") == 2, "every failure, in the learner's words"


def test_the_seed_is_printed_and_repeats_a_run(desk: Desk) -> None:
    desk.write(
        "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
        "@app.get('/given')\ndef given():\n    return {'given': True}\n\n\n"
        "@app.get('/hello/{name}')\ndef hello(name: str):\n    return {'text': 'Hello Ada'}\n"
    )
    first = desk.pytest("katas/beginner/01_hello").out
    found = re.search(r"seed (\w+)\.", first)
    assert found
    again = desk.pytest("katas/beginner/01_hello", "--kata-seed", found[1]).out
    other = desk.pytest("katas/beginner/01_hello", "--kata-seed", "another").out
    line = re.compile(r"expected 'Hello \w+'")
    assert line.search(again)[0] == line.search(first)[0]  # type: ignore[index]
    assert line.search(other)[0] != line.search(first)[0]  # type: ignore[index]


def test_state_never_leaks_from_test_to_test(desk: Desk) -> None:
    desk.solve("02_count")
    result = desk.pytest("katas/beginner/02_count", "--kata-order", "random")
    assert result.code == 0


def test_the_order_is_that_of_the_file_whatever_other_plugins_do(desk: Desk) -> None:
    command = [sys.executable, "-m", "pytest", "katas/beginner/01_hello", "-v"]
    shown = desk.run(command).out  # with pytest-randomly, which the dev group installs
    places = [shown.index(f"::{name} ") for name in (
        "test_the_given_endpoint_still_works",
        "test_hello_answers_200",
        "test_hello_says_the_name",
        "test_bye_answers_200",
    )]  # fmt: skip
    assert places == sorted(places)


def test_two_katas_with_the_same_file_names_do_not_collide(desk: Desk) -> None:
    desk.solve("02_count")
    shown = desk.pytest("katas")
    assert "beginner: 1 of 2 solved" in shown.out
    states = json.loads(desk.checker("--json").out)["katas"]
    assert [kata["state"] for kata in states] == ["untouched", "solved"]


def test_other_tests_are_left_alone(desk: Desk, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "test_app.py").write_text("def test_own():\n    assert [1, 2] == [1, 3]\n")
    shown = desk.pytest(str(own), "-c", "/dev/null")
    assert "At index 1 diff: 2 != 3" in shown.out
    assert "solved" not in shown.out


def test_a_broken_kata_does_not_stop_the_others(desk: Desk) -> None:
    desk.write("app = (\n")
    desk.solve("02_count")
    shown = desk.pytest("katas")
    assert "4 failed, 2 passed" in shown.out
    assert "app.py has a syntax error in line 1" in shown.out
    assert "error at" not in shown.out.lower()


def test_a_broken_suite_is_told_with_its_name_and_stops_no_other(desk: Desk) -> None:
    desk.solve("02_count")
    desk.write("def test_x(:\n", name="test_app.py")
    shown = desk.pytest("katas")
    assert shown.code == 1
    assert "The suite of beginner/01_hello cannot be read: SyntaxError: invalid syntax" in shown.out
    assert "checker reset beginner/01_hello --suite" in shown.out
    assert "beginner: 1 of 2 solved" in shown.out


def test_a_broken_kata_toml_is_told_with_file_key_and_line(desk: Desk) -> None:
    text = (FIXTURES / "katas/beginner/01_hello/kata.toml").read_text()
    desk.write(text.replace("minutes = 5", "minutes = 0"), name="kata.toml")
    shown = desk.pytest("katas")
    assert "kata.toml:4: minutes: must be a whole number from 1 to 240, not 0" in shown.text
    assert "Traceback" not in shown.text


def test_a_new_kata_needs_no_list_to_be_edited(desk: Desk) -> None:
    shutil.copytree(desk.hello, desk.root / "katas" / "mid" / "01_again")
    shown = desk.pytest("katas/mid")
    assert "mid: 0 of 1 solved" in shown.out
    assert "mid" in desk.checker().out


def test_without_the_plugin_it_says_what_to_do(desk: Desk) -> None:
    shutil.copyfile(ROOT / "katas" / "conftest.py", desk.root / "katas" / "conftest.py")
    shown = desk.pytest("katas", "-p", "no:katas")
    assert shown.code == 4
    assert "plugin is not active" in shown.err
    assert "python3 start.py" in shown.err
