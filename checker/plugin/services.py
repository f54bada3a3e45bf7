"""The services of suites: a database and a key space that are empty when a test begins."""

from __future__ import annotations

import contextlib
import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from checker.errors import ServiceUnavailable
from checker.plugin.suites import KATA_RUN
from checker.services.imports import IMPORTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis as redis_py
    from pymongo.database import Database as _MongoDatabase

    from checker.plugin.suites import Suite, TestRun
    from checker.services.held import Held
    from checker.suite.database import Database

    MongoDatabase = _MongoDatabase[dict[str, Any]]

_HELD = pytest.StashKey["Held"]()


def held_by(config: pytest.Config) -> Held:
    """What this run of pytest holds, from its first suite that needs a service to its end."""
    if _HELD not in config.stash:
        # Imported here: most runs need no service.
        from checker.services.held import Held

        config.stash[_HELD] = Held()
    return config.stash[_HELD]


def lease(config: pytest.Config, suite: Suite) -> None:
    """Have a suite's services up before the first test, whose time is limited."""
    if suite.file.services:
        for service in suite.file.services:
            for name in IMPORTS.get(service, ()):
                with contextlib.suppress(ImportError):  # `checker doctor` says what is missing
                    importlib.import_module(name)
        held_by(config).lease(suite.file.services, private_of(suite.folder))


def lost_service(config: pytest.Config, suite: Suite) -> ServiceUnavailable | None:
    """Why a failed test proves nothing: a service has gone away meanwhile; None when none has."""
    if suite.file.services:
        try:
            held_by(config).check(suite.file.services, private_of(suite.folder))
        except ServiceUnavailable as error:
            return error
    return None


def give_back(config: pytest.Config) -> None:
    """Give back what was leased."""
    if _HELD in config.stash:
        config.stash[_HELD].close()


def private_of(folder: Path) -> Path:
    """The private folder for a kata's folder, also for a scratch copy of it."""
    from checker.workspace import Workspace, workspace_of

    return (workspace_of(folder) or Workspace(folder.parent.parent.parent)).private


@contextmanager
def _ready(run: TestRun, services: Held) -> Iterator[bool]:
    """Have a test's services empty and named in the environment; False when one is unavailable."""
    folder = run.suite.folder
    try:
        named = services.empty(run.suite.file.services, folder, private_of(folder))
    except ServiceUnavailable as error:
        run.unusable = error
        yield False
        return
    with pytest.MonkeyPatch.context() as patch:
        for variable, url in named.items():
            patch.setenv(variable, url)
        yield True


@pytest.fixture
def kata_services(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Have the services of this test empty; False when one is unavailable."""
    run: TestRun = request.node.stash[KATA_RUN]
    if not run.suite.file.services:
        yield True
        return
    with _ready(run, held_by(request.config)) as usable:
        yield usable


@pytest.fixture
def database(request: pytest.FixtureRequest, kata_services: bool) -> Database | None:
    """The database of this test: what the app finds under ``DATABASE_URL``."""
    return held_by(request.config).of("postgres") if kata_services else None


@pytest.fixture
def redis(request: pytest.FixtureRequest, kata_services: bool) -> redis_py.Redis | None:
    """A client for the key space of this test: what the app finds under ``REDIS_URL``."""
    return held_by(request.config).of("redis").client if kata_services else None


@pytest.fixture
def mongodb(request: pytest.FixtureRequest, kata_services: bool) -> MongoDatabase | None:
    """PyMongo's view of the database of this test: what the app finds under ``MONGODB_URL``."""
    return held_by(request.config).of("mongodb").database if kata_services else None
