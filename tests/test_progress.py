"""Progress: what counts, what does not, and what is never lost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from checker import journal
from tests.desk import Desk


def test_a_fresh_workspace_has_made_no_progress(desk: Desk) -> None:
    shown = desk.checker()
    assert shown.code == 0
    assert "0 of 2 solved" in shown.out
    assert "Start with: beginner 01 Say hello" in shown.out
    assert "katas/beginner/01_hello/app.py" in shown.out
    desk.checker("check", "all")
    desk.pytest("katas")
    assert "0 of 2 solved" in desk.checker().out
    states = json.loads(desk.checker("list", "--json").out)["katas"]
    assert [state["state"] for state in states] == ["untouched", "untouched"]


def test_a_solved_file_that_was_changed_says_so_and_comes_back(desk: Desk) -> None:
    desk.solve()
    desk.checker("check", "hello")
    solved = (desk.hello / "app.py").read_text()
    desk.write(solved + "\n# a note\n")
    assert "solved once, changed since" in desk.checker("list").out
    assert "0 of 2 solved" in desk.checker().out
    desk.write(solved)
    assert "1 of 2 solved" in desk.checker().out, "nothing is run again to know it"


def test_a_changed_file_is_not_said_to_pass(desk: Desk) -> None:
    desk.solve()
    desk.checker("check", "hello")
    desk.write("app = None\n")
    shown = desk.checker().out
    assert "Say hello (solved once, changed since)" in shown
    assert "tests pass" not in shown


def test_nothing_is_run_to_know_the_status(desk: Desk) -> None:
    desk.solve()
    desk.checker("check", "hello")
    desk.write((desk.hello / "app.py").read_text() + "\nraise SystemExit\n")
    assert desk.checker().code == 0


def test_reset_keeps_the_old_work(desk: Desk) -> None:
    desk.solve()
    work = (desk.hello / "app.py").read_text()
    shown = desk.checker("reset", "hello")
    assert shown.code == 0
    kept = list((desk.root / ".kata/private/kept/beginner/01_hello").glob("*/app.py"))
    assert [path.read_text() for path in kept] == [work]
    assert "class" not in (desk.hello / "app.py").read_text()
    assert "0 of 2 solved" in desk.checker().out
    assert "Nothing to put back" in desk.checker("reset", "hello").out


def test_a_reset_can_be_undone_and_so_can_that(desk: Desk) -> None:
    assert "No earlier version" in desk.checker("reset", "hello", "--undo").err
    desk.solve()
    work = (desk.hello / "app.py").read_text()
    assert "--undo` brings your version back" in desk.checker("reset", "hello").out
    stub = (desk.hello / "app.py").read_text()
    desk.write("changed\n", name="test_app.py")
    desk.checker("reset", "hello", "--suite")
    for wanted in (work, stub, work):
        assert desk.checker("reset", "hello", "--undo").code == 0
        assert (desk.hello / "app.py").read_text() == wanted


def test_two_resets_keep_both_works(desk: Desk) -> None:
    for text in ("one = 1\n", "two = 2\n"):
        desk.write(text)
        assert desk.checker("reset", "hello").code == 0
    kept = (desk.root / ".kata/private/kept/beginner/01_hello").glob("*/app.py")
    assert sorted(path.read_text() for path in kept) == ["one = 1\n", "two = 2\n"]


def test_reset_of_the_suite_keeps_the_learners_files(desk: Desk) -> None:
    desk.solve()
    work = (desk.hello / "app.py").read_text()
    desk.write("changed\n", name="test_app.py")
    desk.write("x = 1\n", name="conftest.py")
    (desk.hello / "words.py").unlink()
    assert desk.verdict("hello")["kind"] == "tampered"
    shown = desk.checker("reset", "hello", "--suite")
    assert shown.code == 0
    assert desk.verdict("hello")["kind"] == "solved"
    assert (desk.hello / "app.py").read_text() == work
    assert not (desk.hello / "conftest.py").exists()
    kept = list((desk.root / ".kata/private/kept/beginner/01_hello").glob("*/*"))
    assert sorted(path.name for path in kept) == ["conftest.py", "test_app.py"]


def test_a_damaged_line_is_reported_and_passed_over(desk: Desk) -> None:
    desk.solve()
    desk.checker("check", "hello")
    whole = desk.journal.read_text()
    desk.journal.write_text('{"time": "2026\n' + whole + "[1, 2]\n" + '{"kata": 3}\n')
    shown = desk.checker()
    assert shown.code == 0
    assert "1 of 2 solved" in shown.out
    assert "line 1, 3, 4 cannot be read" in shown.err
    assert "[1, 2]" in desk.journal.read_text(), "the damaged text is left as it is"


def test_a_line_cut_short_by_a_crash_does_not_spoil_the_next(desk: Desk) -> None:
    desk.journal.parent.mkdir()
    desk.journal.write_text('{"time": "2026-01-01T00:00')
    desk.solve()
    desk.checker("check", "hello")
    shown = desk.checker()
    assert "1 of 2 solved" in shown.out
    assert "line 1 cannot be read" in shown.err


def test_journals_of_two_machines_join_by_union(desk: Desk) -> None:
    desk.solve()
    desk.checker("check", "hello")
    mine = desk.journal.read_text()
    desk.journal.unlink()
    desk.solve("02_count")
    desk.checker("check", "count")
    theirs = desk.journal.read_text()
    desk.journal.write_text(theirs + mine + theirs)  # as `merge=union` may leave it
    shown = desk.checker()
    assert "2 of 2 solved" in shown.out
    assert shown.err == ""


def test_hints_come_one_at_a_time_and_are_remembered(desk: Desk) -> None:
    first = desk.checker("hint", "hello").out
    second = desk.checker("hint", "hello").out
    assert "Hint 1" in first
    assert "Hint 2" not in first
    assert "Hint 2" in second
    again = desk.checker("hint", "hello", "--again").out
    assert "Hint 1" in again
    assert "Hint 3" not in again
    desk.checker("hint", "hello")
    assert "That was the last hint" in desk.checker("hint", "hello").out
    assert json.loads(desk.checker("--json").out)["katas"][0]["hints"] == 3


def test_the_solution_asks_first_and_comes_after_solving(desk: Desk) -> None:
    refused = desk.checker("solution", "hello")
    assert refused.code == 1
    assert "WORD" not in refused.out
    assert "--yes" in refused.out
    shown = desk.checker("solution", "hello", "--yes")
    assert "from .words import WORD" in shown.out
    assert "The spoken answer" in shown.out
    desk.solve()
    desk.checker("check", "hello")
    assert "from .words import WORD" in desk.checker("solution", "hello").out


def test_the_solution_shows_how_ones_own_work_differs(desk: Desk) -> None:
    fresh = desk.checker("solution", "hello", "--yes")
    assert "- yours, + the reference" not in fresh.out, "a stub is not compared"
    assert "still the stub" in desk.checker("solution", "hello", "--yes", "--diff").out
    desk.solve()
    assert "Your files are the same" in desk.checker("solution", "hello", "--yes", "--diff").out
    mine = (desk.hello / "app.py").read_text()
    desk.write(mine + "\nMINE = 1\n")
    shown = desk.checker("solution", "hello", "--yes").out
    assert "app.py: - yours, + the reference" in shown
    assert "\n-MINE = 1\n" in shown
    place = re.search(r"^katas/beginner/01_hello/app.py:(\d+)$", shown, re.MULTILINE)
    assert place, "the terminal makes a link of it"
    assert 0 < int(place[1]) <= len(mine.splitlines())
    assert shown.index("-MINE = 1") < shown.index("The spoken answer")
    alone = desk.checker("solution", "hello", "--yes", "--diff").out
    assert "-MINE = 1" in alone
    assert "The spoken answer" not in alone
    assert "-MINE = 1" not in desk.checker("solution", "hello", "--yes", "--notes").out


def test_vs_code_compares_the_work_with_the_solution_side_by_side(desk: Desk) -> None:
    desk.solve()
    code = desk.root / "bin" / "code"
    code.parent.mkdir()
    code.write_text(f'#!/bin/sh\necho "$@" >> {desk.root}/called\n')
    code.chmod(0o755)
    shown = desk.checker("solution", "hello", "--yes", "--open", PATH=str(code.parent))
    assert shown.code == 0, shown
    option, mode, mine, reference = (desk.root / "called").read_text().split()
    assert (option, mode) == ("--reuse-window", "--diff")
    assert Path(mine) == desk.hello / "app.py"
    assert "from .words import WORD" in Path(reference).read_text()
    refused = desk.checker("solution", "hello", "--yes", "--open", PATH="/nowhere")
    assert refused.code == 2
    assert "--diff" in refused.err


def test_the_report_tells_attempts_hints_and_where_somebody_is_stuck(desk: Desk) -> None:
    desk.write("from fastapi import FastAPI\n\napp = FastAPI()\n")
    for _ in range(3):
        desk.checker("check", "hello")
    desk.checker("hint", "hello")
    text = desk.checker("report", "--name", "Ada").out
    assert text.startswith("# FastAPI katas: progress of Ada")
    assert "| 01 Say hello | not yet | 0/3 | 3 | 1 |" in text
    assert "- Say hello: 3 runs, 0 of 3 tests pass, 1 of 3 hints taken" in text
    data = json.loads(desk.checker("report", "--format", "json", "--name", "Ada").out)
    assert (data["schema"], data["name"], data["katas"][0]["runs"]) == (1, "Ada", 3)


def test_a_report_is_written_to_a_file_or_says_why_not(desk: Desk) -> None:
    assert desk.checker("report", "--output", "report.md").code == 0
    assert (desk.root / "report.md").read_text().startswith("# FastAPI katas")
    refused = desk.checker("report", "--output", "pyproject.toml/report.md")
    assert refused.code == 2
    assert "cannot be written" in refused.err


def test_next_goes_past_the_kata_at_work(desk: Desk) -> None:
    assert "Say hello" in desk.checker("next").out
    assert "Count" in desk.checker("next").out


def test_the_editor_is_started_with_the_files(desk: Desk) -> None:
    opened = desk.root / "opened.txt"
    editor = desk.root / "editor.py"
    editor.write_text(f"import sys\nopen({str(opened)!r}, 'w').write(' '.join(sys.argv[1:]))\n")
    import sys

    desk.checker("open", "count", EDITOR=f'"{sys.executable}" "{editor}"', TERM_PROGRAM="")
    assert opened.read_text().endswith("02_count/app.py")
    assert "02_count/README.md" in opened.read_text()


@pytest.mark.parametrize(
    ("word", "kata"),
    [
        ("1", "01_hello"),
        ("beginner/2", "02_count"),
        ("b 2", "02_count"),
        ("hello", "01_hello"),
        ("Hello", "01_hello"),
        ("02_count", "02_count"),
        ("katas/beginner/02_count", "02_count"),
        ("katas/beginner/02_count/app.py", "02_count"),
        ("beginner/02_count/", "02_count"),
    ],
)
def test_a_kata_may_be_named_in_many_ways(desk: Desk, word: str, kata: str) -> None:
    assert f"katas/beginner/{kata}/app.py" in desk.checker("read", word).out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["read", "helo"], "Did you mean hello?"),
        (["read", "77"], "No kata fits '77'"),
        (["chek"], "Did you mean `checker check`?"),
        (["read", "beginner"], "fits several katas"),
    ],
)
def test_a_wrong_word_is_answered_with_a_right_one(desk: Desk, words: list[str], said: str) -> None:
    shown = desk.checker(*words)
    assert shown.code == 2
    assert said in shown.err
    assert "Traceback" not in shown.err


def test_outside_a_workspace_it_says_what_to_do(desk: Desk) -> None:
    shown = desk.checker(cwd=desk.root.parent)
    assert shown.code == 2
    assert "checker init" in shown.err


def test_check_changed_runs_what_changed_only(desk: Desk) -> None:
    desk.solve()
    first = desk.checker("check", "--changed", "--json").out.splitlines()
    assert [json.loads(line)["kata"] for line in first] == ["beginner/01_hello"]
    assert "Nothing changed" in desk.checker("check", "--changed").out


def test_verdicts_come_in_order_and_each_as_one_json_line(desk: Desk) -> None:
    desk.solve("02_count")
    shown = desk.checker("check", "all", "--json")
    assert shown.code == 1
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [(v["kata"], v["kind"]) for v in lines] == [
        ("beginner/01_hello", "untouched"),
        ("beginner/02_count", "solved"),
    ]


def test_an_entry_survives_writing_and_reading(tmp_path: object) -> None:
    path = Path(str(tmp_path)) / "deep" / "journal.jsonl"
    entry = journal.Entry(journal.now(), "mid/01_ü", "run", "solved", 3, 3, 0.5, "abc", how="check")
    journal.append(path, entry)
    assert journal.read(path) == ([entry], [])
