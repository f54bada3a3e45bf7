"""The corpus of hostile submissions is well-formed; grading is tested with it elsewhere."""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from checker.verdict import KINDS
from tests.hostile_corpus import CORPUS, FAMILIES, Hostile, lay, load

ROOT = Path(__file__).parents[1]
ALL = load()
each = pytest.mark.parametrize("hostile", ALL, ids=[hostile.name for hostile in ALL])


def test_there_are_at_least_forty_and_each_family_has_several() -> None:
    assert len(ALL) >= 40
    families = Counter(hostile.family for hostile in ALL)
    assert set(families) == set(FAMILIES)
    assert min(families.values()) >= 5


def test_every_folder_says_what_it_is() -> None:
    folders = {path.name for path in CORPUS.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert folders == {hostile.name for hostile in ALL}


def test_no_two_try_the_same() -> None:
    repeated = [tries for tries, times in Counter(h.tries for h in ALL).items() if times > 1]
    assert repeated == []


@each
def test_it_says_what_it_tries_and_how_it_should_end(hostile: Hostile) -> None:
    assert re.fullmatch(r"[A-Z].+\.", hostile.tries)
    assert (ROOT / "katas" / hostile.kata / "test_app.py").is_file()
    assert hostile.expects
    assert "solved" not in hostile.expects
    assert set(hostile.expects) <= {*KINDS, "missing"}
    for pattern in hostile.says:
        re.compile(pattern)


@each
def test_its_files_lie_in_the_workspace(hostile: Hostile) -> None:
    parts = [hostile.folder / "files", hostile.folder / "make.py"]
    assert any(part.exists() for part in parts)
    found = {path.name for path in hostile.folder.iterdir() if path.name != "__pycache__"}
    assert found <= {"about.toml", "files", "make.py"}
    makes = hostile.folder / "make.py"
    if makes.is_file():
        functions = [n for n in ast.parse(makes.read_text()).body if isinstance(n, ast.FunctionDef)]
        assert "make" in {function.name for function in functions}


@each
def test_its_app_is_not_the_reference(hostile: Hostile) -> None:
    app = hostile.folder / "files" / "katas" / hostile.kata / "app.py"
    if app.is_file():
        solution = ROOT / "solutions" / hostile.kata
        right = [solution / "app.py", *solution.glob("variants/*.py")]
        assert app.read_text() not in {path.read_text() for path in right}


@each
@pytest.mark.skipif(sys.platform == "win32", reason="some are links and pipes")
def test_laying_it_changes_the_workspace(hostile: Hostile, tmp_path: Path) -> None:
    kata = tmp_path / "katas" / hostile.kata
    shutil.copytree(ROOT / "katas" / hostile.kata, kata)
    before = _state(tmp_path)
    lay(hostile, tmp_path)
    assert _state(tmp_path) != before


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """What lies in a folder: kinds, sizes and, of small plain files, contents."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        small = path.is_file() and not path.is_symlink() and status.st_size < 1 << 20
        content = path.read_bytes() if small else str(status.st_size).encode()
        found[str(path.relative_to(folder))] = (status.st_mode, content)
    return found
