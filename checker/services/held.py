"""What one process holds of its services: a database and a key space, empty when asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from checker.errors import ServiceUnavailable
from checker.services.places import disk_is_full
from checker.services.pool import LEASED, VARIABLES, Pool, check_named, must_be_faked
from checker.services.servers import disk_full

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SCHEMA = "schema.sql"
"""A given file of this name in a kata sets up each test's database."""


class Held:
    """What one process holds: leased when first asked for, and given back at the end.

    Attributes:
        unavailable: why a service cannot be had, by its name.
    """

    def __init__(self) -> None:
        self.unavailable: dict[str, ServiceUnavailable] = {}
        self._pool: Pool | None = None
        self._open: dict[str, Any] = {}

    def lease(self, services: Iterable[str], private: Path) -> None:
        """Lease what is not leased yet; what cannot be had is kept with its reason.

        Args:
            services: as in ``kata.toml``.
            private: the private folder of the workspace, for embedded servers.
        """
        for service in services:
            if service not in self._open:
                try:
                    check_named(service)
                    if service not in LEASED:
                        self.unavailable.pop(service, None)
                        continue
                    self._open[service] = self._connect(service, private)
                    self.unavailable.pop(service, None)
                except ServiceUnavailable as error:
                    self.unavailable[service] = error

    def of(self, service: str) -> Any:
        """The database or key space of this session.

        Raises:
            ServiceUnavailable: it cannot be had.
        """
        self.raise_unavailable(service)
        return self._open[service]

    def raise_unavailable(self, service: str) -> None:
        """Raise why a service cannot be had, when it cannot.

        Raises:
            ServiceUnavailable: it cannot be had.
        """
        if service in self.unavailable:
            raise self.unavailable[service]

    def empty(self, services: Iterable[str], folder: Path, private: Path) -> dict[str, str]:
        """Empty what a kata needs, and set up its schema; a server that came back is leased again.

        Args:
            services: as in ``kata.toml``.
            folder: the kata's, which may hold a schema.
            private: the private folder of the workspace.

        Returns:
            The variables that name the services for an app.

        Raises:
            ServiceUnavailable: one of the services cannot be had.
        """
        variables = {}
        for service in services:
            if service not in LEASED:
                self.raise_unavailable(service)
                continue
            try:
                self._empty(service, folder)
            except ServiceUnavailable:
                raise
            except Exception as error:
                self._forget(service)
                self.lease([service], private)
                try:
                    self._empty(service, folder)
                except ServiceUnavailable:
                    raise
                except Exception:
                    raise lost(service, error, private) from error
            variables[VARIABLES[service]] = self._open[service].url
        return variables

    def check(self, services: Iterable[str], private: Path) -> None:
        """See whether the services still do their work.

        Args:
            services: as in ``kata.toml``.
            private: the private folder of the workspace.

        Raises:
            ServiceUnavailable: one does not.
        """
        for service in services:
            if service in self._open:
                try:
                    self._open[service].check()
                except Exception as error:
                    raise lost(service, error, private) from error

    def close(self) -> None:
        """Give everything back."""
        for opened in self._open.values():
            opened.close()
        if self._pool is not None:
            self._pool.close()
        self._pool, self._open = None, {}

    def _empty(self, service: str, folder: Path) -> None:
        opened = self.of(service)
        if service == "postgres":
            schema = folder / SCHEMA
            opened.empty(schema.read_text("utf-8") if schema.is_file() else "")
        else:
            opened.empty()

    def _forget(self, service: str) -> None:
        self._open.pop(service).close()

    def _connect(self, service: str, private: Path) -> Any:
        url = os.environ.get(LEASED[service])
        if not url and service == "redis" and must_be_faked():
            from checker.suite.keyspace import FakeKeyspace

            return FakeKeyspace()
        if not url:
            if self._pool is None:
                self._pool = Pool(private)
            loan = self._pool.lend([service])
            url = loan.environment[LEASED[service]]
        if service == "postgres":
            from checker.suite.database import Database

            return Database(url)
        if service == "mongodb":
            from checker.suite.documents import DocumentStore

            return DocumentStore(url)
        from checker.suite.keyspace import Keyspace

        return Keyspace(url)


def lost(service: str, error: Exception, private: Path) -> ServiceUnavailable:
    """The error that says that a service went away, or does not work any more."""
    control = private / "services" / service
    if not os.environ.get(VARIABLES[service]) and disk_is_full(control):
        return disk_full(service, control)
    title = {"postgres": "PostgreSQL", "redis": "Redis", "mongodb": "MongoDB"}[service]
    reason = (" ".join(str(error).split()) or type(error).__name__)[:200]
    words = f"{title} stopped working in the middle of the run: {reason}"
    return ServiceUnavailable(service, words, "Run again: it is started anew.")
