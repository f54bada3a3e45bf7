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

from checker.plugin.apps import load, load_for
from checker.plugin.suites import KATA_RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from checker.harness.client import Client
    from checker.plugin.apps import App
    from checker.plugin.suites import TestRun
    from checker.suite.values import Values


@pytest.fixture
def values(request: pytest.FixtureRequest) -> Values:
    """Made-up values, different in each run and the same again under ``--kata-seed``."""
    from checker.suite.values import Values

    return Values(request.node.stash[KATA_RUN].seed)


@pytest.fixture
def kata_app(request: pytest.FixtureRequest, kata_services: bool) -> Iterator[App | None]:
    """The learner's app, executed afresh for this test; None when it cannot be."""
    from checker.loading import forget_modules

    if not kata_services:
        yield None
        return
    with _clean_process():
        try:
            yield load_for(request.node.stash[KATA_RUN], request.config)
        finally:
            forget_modules()


@pytest.fixture
def module(kata_app: App | None) -> ModuleType | None:
    """The learner's ``app.py``, executed afresh for this test: for tests that look inside."""
    return None if kata_app is None else kata_app.module


@pytest.fixture
def given(module: ModuleType | None) -> Callable[[str], Any]:
    """Get a given module of the kata, the same one that the learner's app imported.

    ``given("warehouse")`` is the module of the kata's ``warehouse.py``.
    """
    from checker.loading import import_module

    return import_module


@pytest.fixture
def client(request: pytest.FixtureRequest, kata_app: App | None) -> Iterator[Client | None]:
    """A client for the learner's app, which is up: its lifespan has begun."""
    from checker.harness.server import AppDidNotStart
    from checker.loading import Broken

    run: TestRun = request.node.stash[KATA_RUN]
    if kata_app is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            started = stack.enter_context(kata_app.served(run))
        except (Broken, AppDidNotStart) as error:
            run.unusable = error
            yield None
        else:
            yield started


@pytest.fixture
def make_client(
    request: pytest.FixtureRequest, kata_app: App | None
) -> Iterator[Callable[[], Client]]:
    """Make a client for an app that is executed afresh once more: a restart, a second server."""
    run: TestRun = request.node.stash[KATA_RUN]
    with ExitStack() as stack:
        yield lambda: stack.enter_context(load(request.config, run.suite.folder).served(run))


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
