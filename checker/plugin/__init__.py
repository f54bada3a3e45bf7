"""The pytest plugin through which every suite runs: plain pytest, editors, checker, grading.

It gives suites their fixtures, keeps the order of the file, limits a test's time, records what
each test asked and got, and sends what happens as events (see ``checker.verdict``). Outside of a
kata's suite it does nothing.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest

from checker.plugin.fixtures import client, given, kata_app, make_client, module, values
from checker.plugin.services import (
    database,
    give_back,
    kata_services,
    lease,
    lost_service,
    mongodb,
    redis,
)
from checker.plugin.suites import KATA_RUN, TestRun, current, suite_of

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = [
    "client",
    "database",
    "given",
    "kata_app",
    "kata_services",
    "make_client",
    "module",
    "mongodb",
    "redis",
    "values",
]

SEED = pytest.StashKey[str]()


class EventSpecs:
    """The hook that this plugin adds."""

    @pytest.hookspec
    def pytest_kata_event(self, suite: Any, event: dict[str, Any]) -> None:
        """Something happened in a kata's suite: see ``checker.verdict`` for the events."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the event hook."""
    pluginmanager.add_hookspecs(EventSpecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the katas."""
    group = parser.getgroup("katas")
    group.addoption(
        "--kata-seed",
        metavar="SEED",
        help="repeat a run with the made-up values of an earlier one; a failing run prints it",
    )
    group.addoption(
        "--kata-order",
        choices=("file", "random"),
        default="file",
        help="the order of a suite's tests (default: as in the file)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, choose the seed, and keep progress unless somebody else listens."""
    config.addinivalue_line(
        "markers", "guard: holds on the stub already, and never counts as progress"
    )
    config.stash[SEED] = config.getoption("--kata-seed") or os.urandom(4).hex()
    if not config.pluginmanager.has_plugin("kata-events"):
        from checker.plugin.plain import PlainRun

        config.pluginmanager.register(PlainRun(config), "kata-plain")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back what the suites were leased."""
    give_back(config)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say the seed when it was chosen."""
    seed = config.getoption("--kata-seed")
    return f"kata seed: {seed}" if seed else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put each suite's tests into the order of the file, whatever other plugins did."""
    places = [place for place, item in enumerate(items) if suite_of(item)]
    ours = [items[place] for place in places]
    if config.getoption("--kata-order") == "random":
        random.Random(config.stash[SEED]).shuffle(ours)
    else:
        folders = {path: n for n, path in enumerate(dict.fromkeys(sorted(i.path for i in ours)))}
        ours.sort(key=lambda item: (folders[item.path], item.reportinfo()[1] or 0))
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fix the set of tests before a line of the learner's runs, and send it."""
    suites: dict[Any, list[pytest.Item]] = {}
    for item in session.items:
        suite = suite_of(item)
        if suite is not None:
            suites.setdefault(suite.path, []).append(item)
    if suites:
        # Imported here and not in the first test, whose time is limited.
        import anyio._backends._asyncio  # noqa: F401
        import fastapi  # noqa: F401
    for items in suites.values():
        suite = suite_of(items[0])
        if suite is not None and not session.config.option.collectonly:
            lease(session.config, suite)
        tests = [_describe_test(item) for item in items]
        tests.sort(key=lambda test: test["line"])
        event = {"event": "collected", "tests": tests, "seed": session.config.stash[SEED]}
        session.config.hook.pytest_kata_event(suite=suite, event=event)


def _describe_test(item: pytest.Item) -> dict[str, Any]:
    return {
        "id": item.name,
        "sentence": sentence_of(item),
        "guard": item.get_closest_marker("guard") is not None,
        "line": (item.reportinfo()[1] or 0) + 1,
    }


def sentence_of(item: pytest.Item) -> str:
    """The sentence that a test proves, on one line: its docstring's first paragraph, parameters."""
    text = getattr(getattr(item, "function", None), "__doc__", None) or ""
    sentence = " ".join(text.strip().split("\n\n")[0].split())
    parameters = getattr(getattr(item, "callspec", None), "id", "")
    return f"{sentence} [{parameters}]" if sentence and parameters else sentence or item.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, Any, Any]:
    """Tell that a test begins, and when it has ended what came of it."""
    suite = suite_of(item)
    if suite is None:
        return (yield)
    run = item.stash[KATA_RUN] = TestRun(suite, f"{item.config.stash[SEED]}:{item.name}")
    # pytest's own picture of a failure is not shown, costs time, and now and then ends the whole
    # run: parsing the source for it is not re-entrant in older releases of Python 3.11.
    item.repr_failure = item._repr_failure_py = lambda *_, **__: ""  # type: ignore[assignment,method-assign]
    hook = item.config.hook
    hook.pytest_kata_event(suite=suite, event={"event": "started", "id": item.name})
    try:
        return (yield)
    finally:
        from checker.plugin.compare import forget

        forget()
        hook.pytest_kata_event(suite=suite, event=run.finished(item.name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Limit the time of the set-up, in which the learner's code is executed."""
    return (yield from _limited(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Limit the time of the clean-up, in which the app's lifespan ends."""
    return (yield from _limited(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Limit the test's time."""
    return (yield from _limited(item))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Fail a test in place of running it when the learner's code could not be executed."""
    run = pyfuncitem.stash.get(KATA_RUN, None)
    if run is not None and run.unusable is not None:
        raise run.unusable


def _limited(item: pytest.Item) -> Generator[None, Any, Any]:
    run = item.stash.get(KATA_RUN, None)
    if run is None or item.config.getoption("usepdb", False):
        return (yield)
    with run.time_limit():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put a failure into the learner's words, in the report that editors show too."""
    report = yield
    run = item.stash.get(KATA_RUN, None)
    if run is not None:
        lost = None
        if report.failed and run.unusable is None:
            lost = lost_service(item.config, run.suite)
        run.take(report, call, lost)
    return report


def pytest_assertrepr_compare(
    config: pytest.Config, op: str, left: object, right: object
) -> list[str] | None:
    """Explain a suite's comparison in plain words."""
    if not current():
        return None
    from checker.plugin.compare import keep

    return keep(op, left, right)
