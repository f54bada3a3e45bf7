"""A database for one run, in a MongoDB server that may be somebody's own, or in its stand-in.

The database has a name that nobody else uses, and is dropped at the end. Neither side limits a
run to it: the stand-in knows no users, and the users of a real server are its owner's matter.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
from pymongo.errors import PyMongoError

from checker.errors import ServiceUnavailable

if TYPE_CHECKING:
    from checker.services.servers import Endpoint

PREFIX = "kata_"
CONNECT_MILLISECONDS = 3_000
_ADVICE = "Or unset MONGODB_URL: then a stand-in is started. `checker services` shows."


@dataclass(frozen=True)
class Lease:
    """A database that one run may use.

    Attributes:
        name: of the database.
        url: the URL for an app, which names the database.
    """

    name: str
    url: str


class DocumentStores:
    """Makes and drops databases for runs, in one server.

    Args:
        endpoint: the stand-in's.
        url: that of the environment's server, when there is one.

    Raises:
        ServiceUnavailable: the server does not answer.
    """

    def __init__(self, endpoint: Endpoint | None = None, url: str = "") -> None:
        self._made_by = os.getpid()
        self._url = url or f"mongodb://127.0.0.1:{endpoint.port if endpoint else 0}/"
        self._leases: dict[str, Lease] = {}
        try:
            self._client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
                self._url, serverSelectionTimeoutMS=CONNECT_MILLISECONDS
            )
            self._client.admin.command("ping")
        except (PyMongoError, ValueError) as error:
            where = urlsplit(self._url).netloc.rpartition("@")[2]
            words = f"MongoDB at {where} cannot be used: {str(error).split(',')[0]}"
            advice = "Start it, or mend MONGODB_URL. " + _ADVICE
            raise ServiceUnavailable("mongodb", words, advice) from error

    def lease(self) -> Lease:
        """Choose a database for one run; a server makes it with its first document."""
        name = PREFIX + secrets.token_hex(6)
        lease = Lease(name, url_of(self._url, name))
        self._leases[name] = lease
        return lease

    def drop(self, lease: Lease) -> None:
        """Drop a lease's database."""
        if self._leases.pop(lease.name, None) is not None:
            with contextlib.suppress(PyMongoError):
                self._client.drop_database(lease.name)

    def is_up(self) -> bool:
        """Whether the server still answers."""
        try:
            self._client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    def close(self) -> None:
        """Drop every lease and disconnect."""
        if os.getpid() != self._made_by:
            return  # a forked child must not speak on its parent's connections
        for lease in list(self._leases.values()):
            self.drop(lease)
        self._client.close()


def url_of(url: str, database: str) -> str:
    """The URL with another database; a user that it names is still looked up where it was."""
    parts = urlsplit(url)
    query = parts.query
    if parts.username and "authSource" not in query:
        source = f"authSource={parts.path.strip('/') or 'admin'}"
        query = f"{query}&{source}" if query else source
    return urlunsplit(parts._replace(path=f"/{database}", query=query))
