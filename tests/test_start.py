"""``start.py`` after it has installed: what a newcomer sees, and what others see."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import ModuleType

import pytest

from tests.desk import ROOT


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, for an empty workspace, with a terminal to talk to."""
    monkeypatch.syspath_prepend(ROOT)
    import start as module

    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "somebody_is_there", lambda: True)
    return module


@pytest.fixture
def called(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is run: the words after the program's name."""
    found: list[list[str]] = []

    def call(command: list[str], **_: object) -> int:
        found.append(command[1:])
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    return found


def test_the_first_start_ends_with_a_watched_kata(
    start: ModuleType, called: list[list[str]]
) -> None:
    assert start.begin(Path(".venv")) == 0
    assert called == [["watch"], []]


def test_a_later_start_shows_where_one_stands(
    start: ModuleType, called: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / ".kata").mkdir()
    (tmp_path / ".kata" / "journal.jsonl").touch()
    start.begin(Path(".venv"))
    assert called == [[]]


def test_nobody_is_kept_where_nobody_sits(
    start: ModuleType, called: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "somebody_is_there", lambda: False)
    start.begin(Path(".venv"))
    assert called == [[]]


def test_the_way_to_activate_can_be_copied_from_a_path_with_spaces(start: ModuleType) -> None:
    shown = start.activation(Path.cwd() / "my katas" / ".venv")
    assert shown == "source 'my katas/.venv'/bin/activate"


def test_the_seconds_are_counted_while_packages_are_installed(
    start: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    seen, deadline = "", time.monotonic() + 30
    with start.ticking(0.001):
        while " 0 s" not in seen and time.monotonic() < deadline:
            seen += capsys.readouterr().out
    assert " 0 s" in seen
