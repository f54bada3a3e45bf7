"""The repository itself: what is packed, documented and pinned agrees with what is there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import pytest

from checker import pristine
from checker.catalog import load_catalog
from checker.cli import COMMANDS
from tests.desk import ROOT, Desk


def test_the_packed_katas_are_those_of_the_folders() -> None:
    assert pristine.stale(ROOT, load_catalog(ROOT / "katas")) == []


def test_the_overview_names_every_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "checker", "--help"], capture_output=True, text=True, check=True
    )
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", done.stdout, re.MULTILINE)
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_every_dependency_is_pinned_and_no_host_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = (ROOT / "constraints.txt").read_text()
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        assert name
        assert re.search(rf"^{re.escape(name[0])}==", pins, re.MULTILINE), requirement
    assert "://" not in pins


def test_init_makes_a_workspace_that_works(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("init")
    desk = Desk(base)
    made = desk.checker("init", "mine")
    assert made.code == 0, made
    mine = base / "mine"
    assert (mine / ".vscode/settings.json").is_file()
    assert (mine / ".gitignore").is_file()
    status = desk.checker(cwd=mine)
    assert status.code == 0
    assert re.search(r"0 of \d+ solved", status.out)
    shown = desk.pytest("katas/beginner/03_read_and_add_books", cwd=mine)
    assert "beginner: 0 of" in shown.out
    again = desk.checker("init", "mine")
    assert again.code == 2
    assert "is not empty" in again.err


def test_init_never_writes_over_a_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = tmp_path_factory.mktemp("init")
    (base / "thesis.txt").write_text("mine")
    refused = Desk(base).checker("init")
    assert refused.code == 2
    assert "thesis.txt" in refused.err
    assert [path.name for path in base.iterdir()] == ["thesis.txt"]


def test_new_lays_out_a_kata_that_verify_refuses_until_it_is_written(desk: Desk) -> None:
    made = desk.checker("new", "mid", "Count the sheep")
    assert made.code == 0
    for name in ("kata.toml", "README.md", "app.py", "test_app.py"):
        assert (desk.root / "katas/mid/01_count_the_sheep" / name).is_file()
    assert (desk.root / "solutions/mid/01_count_the_sheep/NOTES.md").is_file()
    refused = desk.checker("verify", "mid/1", "--no-quality")
    assert refused.code == 1
    assert "still says TODO" in refused.out
    assert "at least 4 are needed" in refused.out
    assert desk.checker("new", "mid", "Count the sheep").code == 2
    assert desk.checker("new", "mid", 'A "quote"').code == 2


def test_doctor_finds_nothing_wrong_here_and_names_what_is(desk: Desk) -> None:
    good = desk.checker("doctor")
    assert good.code == 0, good
    assert "Nothing is wrong." in good.out
    desk.write("x = 1\n", name="test_app.py")
    desk.write("title = 3\n", "02_count", "kata.toml")
    bad = desk.checker("doctor")
    assert bad.code == 1
    said = " ".join(bad.out.split())  # long lines are wrapped
    assert "beginner/01_hello: test_app.py changed or removed" in said
    assert "checker reset beginner/01_hello --suite" in said
    assert "kata.toml: question: is missing" in said


def test_doctor_looks_at_everything_and_says_how_to_mend_it(desk: Desk) -> None:
    found = json.loads(desk.checker("doctor", "--json").out)["findings"]
    looked = {finding["check"] for finding in found}
    assert looked >= {
        "python", "packages", "pytest plugin", "workspace", "interpreter", "versions", "suites",
        "journal", "clock", "writing", "disk", "file watching", "editor", "VS Code", "git",
        "services", "runner",
    }  # fmt: skip
    for finding in found:
        assert finding["words"], finding
        assert finding["mend"] or finding["level"] == "good", finding


def test_doctor_tells_that_pytest_leaves_the_plugin_out(desk: Desk) -> None:
    shown = desk.checker("doctor", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert shown.code == 1
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" in shown.out


def test_the_workspace_template_has_the_same_files() -> None:
    template = ROOT / "checker/data/workspace"
    same = {"katas/conftest.py": "katas/conftest.py"}
    same |= {f".vscode/{p.name}": f"dot_vscode/{p.name}" for p in (ROOT / ".vscode").iterdir()}
    for here, there in same.items():
        assert (ROOT / here).read_text() == (template / there).read_text(), here
    options = [
        tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]["addopts"]
        for root in (ROOT, template)
    ]
    assert options[0] == options[1]


def test_doctor_doubts_a_clock_that_the_journal_does_not_fit(desk: Desk) -> None:
    desk.solve()
    desk.checker("check", "hello")
    assert "good  clock: fits the journal" in desk.checker("doctor").out
    desk.journal.write_text(desk.journal.read_text().replace('"time": "20', '"time": "21'))
    bad = desk.checker("doctor")
    assert bad.code == 1
    assert "the journal's last line is from 21" in " ".join(bad.out.split())


def test_doctor_looks_at_git_editor_and_variables(desk: Desk) -> None:
    said = " ".join(desk.checker("doctor", EDITOR="", PATH="/nowhere", PYTHONPATH="/x").out.split())
    assert "this workspace is not under Git" in said
    assert "Set EDITOR" in said
    assert "PYTHONPATH is set" in said
    subprocess.run(["git", "init", "-q"], cwd=desk.root, check=True)
    assert "not committed" in desk.checker("doctor").out
    (desk.root / ".gitignore").write_text(".kata/\n")
    assert "Git ignores .kata/journal.jsonl" in " ".join(desk.checker("doctor").out.split())
