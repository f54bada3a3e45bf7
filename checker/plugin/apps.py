"""The learner's app of one test: in this process, or in one of its own when others are judged."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from checker.plugin.limits import TestTookTooLong

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from checker.harness.client import Client
    from checker.harness.remote import Nursery, RemoteApp
    from checker.plugin.suites import TestRun

NURSERY = "kata-nursery"
"""The name under which a runner registers where apps are to be had from, for a judge outside."""

_too_slow: dict[Path, TestTookTooLong] = {}
"""Apps that could not even be executed in time, so that only one test waits for each."""


class LocalApp:
    """An app in this process.

    Attributes:
        module: the learner's ``app.py``, executed.
    """

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    @contextmanager
    def served(self, run: TestRun) -> Iterator[Client]:
        """A client for the app, which is up for as long."""
        from checker.harness.client import AppTransport, Client
        from checker.harness.server import AppServer
        from checker.loading import app_of

        server = AppServer(app_of(self.module))
        server.start()
        try:
            transport = AppTransport(server, run.suite.folder, run.suite.not_mine, run.exchanges)
            with Client(transport) as client:
                yield client
        finally:
            server.stop(_patience(run))


class OutsideApp:
    """An app in a process of its own, none of whose code runs here."""

    def __init__(self, remote: RemoteApp) -> None:
        self._remote = remote

    @property
    def module(self) -> Any:
        """Look into the app; it cannot be done from here, so that the test is skipped."""
        pytest.skip("It needs more than HTTP.")

    @contextmanager
    def served(self, run: TestRun) -> Iterator[Client]:
        """A client for the app, which is up for as long."""
        from checker.harness.client import Client
        from checker.harness.remote import RemoteTransport

        self._remote.start()
        try:
            with Client(RemoteTransport(self._remote, run.exchanges)) as client:
                yield client
        finally:
            self._remote.stop(_patience(run))
            self._remote.close()


App = LocalApp | OutsideApp


def nursery_of(config: pytest.Config) -> Nursery | None:
    """Where apps are to be had from; None when they live in this process."""
    return config.pluginmanager.get_plugin(NURSERY)


def load(config: pytest.Config, folder: Path) -> App:
    """Execute the learner's files.

    Raises:
        Broken: they cannot be executed.
    """
    from checker.loading import app_of, load_module

    nursery = nursery_of(config)
    if nursery is not None:
        return OutsideApp(nursery.load())
    module = load_module(folder)
    app_of(module)
    return LocalApp(module)


def load_for(run: TestRun, config: pytest.Config) -> App | None:
    """Execute the learner's files for a test; None, with the reason kept, when it cannot be."""
    from checker.loading import Broken

    folder = run.suite.folder
    run.unusable = _too_slow.get(folder)
    if run.unusable is not None:
        return None
    try:
        return load(config, folder)
    except (Broken, AssertionError) as error:
        run.unusable = error
    except TestTookTooLong as error:
        run.unusable = _too_slow[folder] = error
    return None


def _patience(run: TestRun) -> float:
    """How long an app may take to stop; one that has used up the test's time is not waited for."""
    from checker.harness.server import STOP_SECONDS

    return 0.1 if run.outcome == "timeout" else min(STOP_SECONDS, run.suite.file.test_seconds / 2)
