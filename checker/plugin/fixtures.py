"""The fixtures that suites take.

The client is imported when a suite first asks for it: a pytest run of other tests, in the same
environment, does not pay for it.
"""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checker.plugin.limits import TestTookTooLong
from checker.plugin.suites import KATA_RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from checker.harness.client import Client
    from checker.plugin.suites import TestRun
    from checker.suite.values import Values


@pytest.fixture
def values(request: pytest.FixtureRequest) -> Values:
    """Made-up values, different in each run and the same again under ``--kata-seed``."""
    from checker.suite.values import Values

    return Values(request.node.stash[KATA_RUN].seed)


@pytest.fixture
def module(request: pytest.FixtureRequest) -> Iterator[ModuleType | None]:
    """The learner's ``app.py``, executed afresh for this test: for tests that look inside."""
    from checker.loading import forget_modules

    run: TestRun = request.node.stash[KATA_RUN]
    with _clean_process():
        try:
            yield _load(run)
        finally:
            forget_modules()


@pytest.fixture
def given(module: ModuleType | None) -> Callable[[str], Any]:
    """Get a given module of the kata, the same one that the learner's app imported.

    ``given("warehouse")`` is the module of the kata's ``warehouse.py``.
    """
    from checker.loading import import_module

    return import_module


@pytest.fixture
def client(request: pytest.FixtureRequest, module: ModuleType | None) -> Iterator[Client | None]:
    """A client for the learner's app, which is up: its lifespan has begun."""
    from checker.harness.server import AppDidNotStart
    from checker.loading import Broken

    run: TestRun = request.node.stash[KATA_RUN]
    if module is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            started = stack.enter_context(_served(run, module))
        except (Broken, AppDidNotStart) as error:
            run.unusable = error
            yield None
        else:
            yield started


@pytest.fixture
def make_client(
    request: pytest.FixtureRequest, module: ModuleType | None
) -> Iterator[Callable[[], Client]]:
    """Make a client for an app that is executed afresh once more: a restart, a second server."""
    from checker.loading import load_module

    run: TestRun = request.node.stash[KATA_RUN]
    with ExitStack() as stack:

        def make() -> Client:
            return stack.enter_context(_served(run, load_module(run.suite.folder)))

        yield make


_too_slow: dict[Path, TestTookTooLong] = {}
"""Apps that could not even be executed in time, so that only one test waits for each."""


def _load(run: TestRun) -> ModuleType | None:
    """Execute the learner's app; None, with the reason kept, when it cannot be."""
    from checker.loading import Broken, app_of, load_module

    folder = run.suite.folder
    run.unusable = _too_slow.get(folder)
    if run.unusable is not None:
        return None
    try:
        loaded = load_module(folder)
        app_of(loaded)
    except Broken as error:
        run.unusable = error
        return None
    except TestTookTooLong as error:
        run.unusable = _too_slow[folder] = error
        return None
    return loaded


@contextmanager
def _served(run: TestRun, loaded: ModuleType) -> Iterator[Client]:
    from checker.harness.client import AppTransport, Client
    from checker.harness.server import STOP_SECONDS, AppServer
    from checker.loading import app_of

    server = AppServer(app_of(loaded))
    server.start()
    try:
        transport = AppTransport(server, run.suite.folder, run.suite.not_mine, run.exchanges)
        with Client(transport) as client:
            yield client
    finally:
        # An app that has used up the test's time is not waited for; no other may use it up here.
        limit = run.suite.file.test_seconds
        server.stop(0.1 if run.outcome == "timeout" else min(STOP_SECONDS, limit / 2))


@contextmanager
def _clean_process() -> Iterator[None]:
    """Undo what an app may do to the process it shares: environment, root logger, folder."""
    environment = dict(os.environ)
    root = logging.getLogger()
    handlers, level, factory = list(root.handlers), root.level, logging.getLogRecordFactory()
    folder = Path.cwd()
    try:
        yield
    finally:
        os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        root.handlers[:], root.level = handlers, level
        logging.setLogRecordFactory(factory)
