"""Seals on the judge's code, in a run of pytest's: what is noticed, and what may be done."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.verdict import TRIPPED

SUITE = """
import given

ROUNDS = [1, 2]
seen = []


def helper():
    return 1


{kind} test_one(monkeypatch):
    import sealing

    seen.append(1)
    monkeypatch.setattr(given, "answer", lambda: 2)
    {attack}
    sealing.look()
"""

SEALING = """
import sys

from checker.plugin import seals

made = []


def pytest_collection_finish(session):
    seals._given_of = lambda item: ["given.py"]
    made.append(seals.seal(session))
    made[0].add(sys.modules["given"])


def look():
    print("noticed:", made[0].replaced() or "nothing")
"""
GIVEN = """
__name__ = "kata.given"


def answer():
    return 1


class Shelf:
    pass
"""


def noticed(folder: Path, attack: str, kind: str = "def") -> str:
    """What the seals notice of a test that does this."""
    (folder / "given.py").write_text(GIVEN)
    (folder / "test_suite.py").write_text(SUITE.format(attack=attack, kind=kind))
    (folder / "sealing.py").write_text(SEALING)
    command = [
        sys.executable, "-m", "pytest", "-s", "-q", "-p", "sealing", "-c", os.devnull,
        "--rootdir", str(folder), str(folder / "test_suite.py"),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    lines = [line for line in done.stdout.splitlines() if "noticed:" in line]
    assert lines, done.stdout + done.stderr
    return lines[0].partition("noticed: ")[2].strip()


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("pass", "nothing"),
        ("import httpx2; httpx2.Response.json = lambda self: 1", "httpx2.Response.json"),
        ("import httpx2; httpx2.Client.__getattr__ = helper", "httpx2.Client.__getattr__"),
        ("import json; json.loads = helper", "json.loads"),
        ("import builtins; builtins.len = lambda *_: 1", "builtins.len"),
        ("globals().update(helper=len)", "test_suite.helper"),
        ("globals().update(sorted=len)", "test_suite.sorted"),
        ("ROUNDS.clear()", "test_suite.ROUNDS"),
        ("globals().update(ROUNDS=[])", "test_suite.ROUNDS"),
        ("given.Shelf.__del__ = lambda self: None", "kata.given.Shelf.__del__"),
        ("given.answer = len", "kata.given.answer"),
        ("from checker.harness import client; client.Reply.json = len", "checker.harness.client"),
    ],
)
def test_what_is_replaced_is_noticed(tmp_path: Path, attack: str, said: str) -> None:
    """A part of the judge's, the suite's or the given code; a suite's own doing is none."""
    assert noticed(tmp_path, attack).startswith(said)


def test_an_async_test_is_no_attack(tmp_path: Path) -> None:
    """What pytest-asyncio puts into a test's place is the judge's own."""
    attack = "import asyncio; await asyncio.sleep(0)"
    assert (
        noticed(tmp_path, attack, "import pytest\n\n\n@pytest.mark.asyncio\nasync def") == "nothing"
    )


@pytest.mark.parametrize(
    ("asked", "code"), [("greenlet.getcurrent()", 0), ("sys", TRIPPED), ("greenlet", TRIPPED)]
)
def test_greenlets_may_look_for_themselves(asked: str, code: int) -> None:
    """The package greenlet asks who refers to its own when a thread ends: no answer's doing."""
    armed = (
        "import gc, sys, greenlet\n"
        "from checker.plugin.seals import Seals\n"
        "from checker.plugin.tripwires import _hook\n"
        "nothing = Seals(lambda: '', lambda module: None)\n"
        f"sys.addaudithook(_hook(print, nothing))\ngc.get_referrers({asked})\n"
    )
    assert subprocess.run([sys.executable, "-c", armed], check=False).returncode == code
