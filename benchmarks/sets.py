"""Whole sets: every suite in its own process, one plain pytest, and a cold process a kata."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from benchmarks.harness import ROOT, Series, clean_environment, python, race, ratio, show, timed

if TYPE_CHECKING:
    from pathlib import Path

_PLAIN = ("-q", "-p", "no:randomly", "-p", "no:cacheprovider")


def measure_sets(workspace: Path, rounds: int) -> None:
    """Print what all suites take: warm forks, one plain pytest, and one cold pytest a kata."""
    katas = sorted(
        str(p.parent.relative_to(workspace)) for p in workspace.glob("katas/*/*/kata.toml")
    )
    print(f"\nAll {len(katas)} suites, solved ({rounds} rounds)")
    _agree(workspace, len(katas))
    ours = Series(
        "checker check all (a process a suite)",
        lambda: timed(python("-m", "checker", "check", "all"), workspace),
    )
    plain = Series(
        "one plain pytest over all",
        lambda: timed(python("-m", "pytest", *_PLAIN, "katas"), workspace),
    )
    race(rounds, ours, plain)
    cold = Series(
        "one cold pytest a kata",
        lambda: sum(timed(python("-m", "pytest", *_PLAIN, kata), workspace) for kata in katas),
    )
    race(1, cold, warm_up=0)
    for series in (ours, plain, cold):
        show(series)
    print(f"    checker check takes {ratio(ours, plain):.3f} of one plain pytest")
    print(f"    checker check takes {ours.median / cold.median:.3f} of one cold pytest a kata")


def _agree(workspace: Path, katas: int) -> None:
    """Check that the contestants come to the same outcomes before their times are compared."""
    environment = clean_environment()
    command = python("-m", "checker", "check", "all", "--json")
    ours = subprocess.run(
        command, cwd=workspace, env=environment, capture_output=True, text=True, check=False
    )
    verdicts = [json.loads(line) for line in ours.stdout.splitlines()]
    tests = sum(len(verdict["tests"]) for verdict in verdicts)
    plain = subprocess.run(
        python("-m", "pytest", *_PLAIN, "katas"),
        cwd=workspace, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    solved = sum(verdict["kind"] == "solved" for verdict in verdicts)
    if solved != katas or f"{tests} passed" not in plain.stdout:
        raise SystemExit(
            f"The outcomes differ: {solved} of {katas} solved with {tests} tests, and pytest says "
            f"{plain.stdout.strip().splitlines()[-1]}"
        )
    print(f"  outcomes agree: {solved} solved, {tests} tests pass")


def measure_verify(rounds: int, what: tuple[str, ...]) -> None:
    """Print what the proof takes on the warm runner and with a cold process a run."""
    print(f"\nchecker verify {' '.join(what)} (runs only, without lint and types; {rounds} rounds)")
    command = python("-m", "checker", "verify", "--no-quality", "--json", *what)

    def prove(runner: str) -> dict[str, list[str]]:
        done = subprocess.run(
            command, cwd=ROOT, env=clean_environment(KATA_RUNNER=runner), capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        katas = json.loads(done.stdout)["katas"]
        return {kata["kata"]: [kata["runs"], kata["traps"], kata["flaws"]] for kata in katas}

    if prove("warm") != prove("cold"):
        raise SystemExit("The outcomes differ between the warm and the cold runner.")
    print("  outcomes agree")

    def run(runner: str, *words: str) -> float:
        return timed([*command, *words], ROOT, expect=None, KATA_RUNNER=runner)

    warm = Series("warm forks", lambda: run("warm"))
    cold = Series("cold processes, as many at once", lambda: run("cold"))
    alone = Series("cold processes, one after another", lambda: run("cold", "--jobs", "1"))
    race(rounds, warm, cold, alone, warm_up=0)
    for series in (warm, cold, alone):
        show(series)
    print(f"    warm takes {ratio(warm, cold):.3f} of cold processes, as many at once")
    print(f"    warm takes {ratio(warm, alone):.3f} of cold processes, one after another")


BARE_CONFTEST = '''
"""A bare baseline: the same two fixtures with Starlette's own client, and nothing else."""
import importlib.util, pathlib, sys, types
import pytest
from fastapi.testclient import TestClient
from checker.suite.values import Values

def load(folder):
    for name in [n for n in sys.modules if n == "kata" or n.startswith("kata.")]:
        del sys.modules[name]
    package = types.ModuleType("kata"); package.__path__ = [str(folder)]
    sys.modules["kata"] = package
    return importlib.import_module("kata.app")

@pytest.fixture
def client(request):
    with TestClient(load(request.path.parent).app, raise_server_exceptions=False) as client:
        yield client

@pytest.fixture
def make_client(request):
    def make():
        return TestClient(load(request.path.parent).app, raise_server_exceptions=False)
    return make

@pytest.fixture
def values():
    return Values("seed")
'''


def measure_plugin(workspace: Path, rounds: int) -> None:
    """Print what the plugin costs plain pytest, beside bare fixtures that do without it."""
    kata = "katas/beginner/03_read_and_add_books"
    bare = workspace.parent / "bare"
    (bare / "katas").mkdir(parents=True)
    import shutil

    shutil.copytree(workspace / kata, bare / "kata")
    (bare / "conftest.py").write_text(BARE_CONFTEST)
    (bare / "pytest.toml").write_text(
        '[pytest]\naddopts = ["--import-mode=importlib"]\nasyncio_mode = "auto"\n'
        'asyncio_default_fixture_loop_scope = "function"\n'
    )
    print(f"\nThe plugin on plain pytest ({kata}, solved; {rounds} rounds)")
    with_plugin = Series(
        "with the katas' plugin",
        lambda: timed(python("-m", "pytest", *_PLAIN, kata), workspace),
    )
    without = Series(
        "bare fixtures over TestClient",
        lambda: timed(python("-m", "pytest", *_PLAIN, "-p", "no:katas", "kata"), bare),
    )
    other = workspace.parent / "other"
    other.mkdir()
    (other / "test_other.py").write_text(
        "".join(f"def test_{n}():\n    assert {n} == {n}\n\n\n" for n in range(200))
    )
    quiet = Series(
        "200 tests that are no kata's, plugin active",
        lambda: timed(python("-m", "pytest", *_PLAIN, "."), other),
    )
    gone = Series(
        "the same without it",
        lambda: timed(python("-m", "pytest", *_PLAIN, "-p", "no:katas", "."), other),
    )
    race(rounds, with_plugin, without, quiet, gone)
    for series in (with_plugin, without, quiet, gone):
        show(series)
    print(f"    on a kata: {ratio(with_plugin, without):.3f} of bare fixtures")
    print(f"    elsewhere: {ratio(quiet, gone):.3f} of pytest without it")
