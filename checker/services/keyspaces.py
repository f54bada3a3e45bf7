"""A key space for one run, in a Redis or Valkey server that may be somebody's own.

A key space is a numbered database and a user who may use that one alone and run no command that
reaches others (https://valkey.io/topics/acl/). A connection's name says that a number is in use,
so that nothing has to be written anywhere and a killed run leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import redis

from checker.errors import ServiceUnavailable

if TYPE_CHECKING:
    from checker.services.servers import Endpoint

PREFIX = "kata_"
CONNECT_SECONDS = 5
RULES = (
    "on ~* &* +@all -@admin -flushall -swapdb -move -copy -function -migrate -script|flush".split()
)
_ADVICE = (
    "Or unset REDIS_URL, and a server of the workspace's own is started. `checker services` shows."
)


@dataclass(frozen=True)
class Lease:
    """A key space that one run may use.

    Attributes:
        name: the user's.
        password: the user's.
        host: the server's name.
        port: its port.
        database: the number of the database.
        scheme: ``redis``, or ``rediss`` with TLS.
    """

    name: str
    password: str
    host: str
    port: int
    database: int
    scheme: str = "redis"

    @property
    def url(self) -> str:
        """The URL for an app: ``redis://user:password@host:port/7``."""
        login = f"{self.name}:{quote(self.password)}@" if self.name else ""
        return f"{self.scheme}://{login}{self.host}:{self.port}/{self.database}"


def admin_client(endpoint: Endpoint) -> redis.Redis:
    """A client that may do everything on an embedded server."""
    return redis.Redis(
        unix_socket_path=endpoint.socket,
        password=endpoint.password,
        socket_connect_timeout=CONNECT_SECONDS,
    )


class Keyspaces:
    """Makes key spaces for runs, in one server.

    Args:
        endpoint: an embedded server's.
        url: that of the environment's server, when it is not an embedded one.

    Raises:
        ServiceUnavailable: the server does not answer, or does not allow it.
    """

    def __init__(self, endpoint: Endpoint | None = None, url: str = "") -> None:
        self._made_by = os.getpid()
        self._embedded = endpoint is not None
        self._scheme = "rediss" if url.startswith("rediss://") else "redis"
        try:
            if endpoint is not None:
                self._admin = admin_client(endpoint)
                self._host, self._port = "127.0.0.1", endpoint.port
            else:
                self._admin = redis.Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS)
                where = self._admin.connection_pool.connection_kwargs
                self._host = where.get("host", "localhost")
                self._port = where.get("port", 6379)
            self._admin.ping()
            databases = self._admin.config_get("databases")
            self._count = int(str(databases.get("databases", 16)))
            self._knows_databases = self._try_database_rule()
            self._sweep()
            if not self._knows_databases:
                self._refuse_data_of_others()
        except (redis.RedisError, ValueError, OSError) as error:
            raise _does_not_answer(url, error) from error
        self._leases: dict[str, tuple[Lease, Any]] = {}

    def lease(self) -> Lease:
        """Make a key space for one run.

        Raises:
            ServiceUnavailable: no database is left, or the server is gone.
        """
        try:
            number, claim = self._claim()
            name, password = f"{PREFIX}{secrets.token_hex(6)}", secrets.token_hex(12)
            limit = ["resetdbs", f"db={number}"]
            if not self._knows_databases:
                limit = ["-select", f"+select|{number}"]
            self._command("ACL", "SETUSER", name, "reset", f">{password}", *RULES, *limit)
        except redis.RedisError as error:
            words = f"Redis made no key space for this run: {error}"
            raise ServiceUnavailable("redis", words, _ADVICE) from error
        lease = Lease(name, password, self._host, self._port, number, self._scheme)
        self._leases[name] = (lease, claim)
        return lease

    def drop(self, lease: Lease) -> None:
        """Empty a lease's key space, drop its user and end the user's connections."""
        found = self._leases.pop(lease.name, None)
        if found is None:
            return
        with contextlib.suppress(redis.RedisError):
            self._command("ACL", "DELUSER", lease.name)
            found[1].flushdb()
        found[1].close()

    def is_up(self) -> bool:
        """Whether the server still answers, and is still the one that knows the leases."""
        try:
            names = {client["name"] for client in self._admin.client_list()}
        except redis.RedisError:
            return False
        return {f"{PREFIX}{lease.database}" for lease, _ in self._leases.values()} <= names

    def close(self) -> None:
        """Drop every lease and disconnect."""
        if os.getpid() != self._made_by:
            return  # a forked child must not speak on its parent's connection
        for lease, _ in list(self._leases.values()):
            self.drop(lease)
        self._admin.close()

    def _command(self, *words: str) -> Any:
        return self._admin.execute_command(*words)  # type: ignore[no-untyped-call]

    def _claim(self) -> tuple[int, Any]:
        """Claim an empty database: the connection that is named after it, and came first."""
        taken = {client["name"] for client in self._admin.client_list()}
        for number in range(1, self._count):
            name = f"{PREFIX}{number}"
            if name in taken:
                continue
            connection = self._connect(number)
            connection.client_setname(name)
            if self._is_mine(connection, name) and not connection.dbsize():
                return number, connection
            connection.close()
        raise ServiceUnavailable(
            "redis", "The Redis server has no empty database left for a run.", _ADVICE
        )

    def _connect(self, number: int) -> Any:
        pool = self._admin.connection_pool
        own = redis.ConnectionPool(
            connection_class=pool.connection_class,
            **{**pool.connection_kwargs, "db": number},
        )
        return redis.Redis(connection_pool=own, single_connection_client=True)

    def _is_mine(self, connection: Any, name: str) -> bool:
        """Whether ours is the oldest connection of that name, where two came at once."""
        rivals = [int(c["id"]) for c in self._admin.client_list() if c["name"] == name]
        return bool(connection.client_id() == min(rivals))

    def _try_database_rule(self) -> bool:
        """Whether the server's users can be limited to a database (Valkey since 9.1)."""
        probe = f"{PREFIX}probe_{secrets.token_hex(4)}"
        try:
            self._command("ACL", "SETUSER", probe, "reset", "db=1")
        except redis.ResponseError as error:
            if "permission" in str(error).lower():
                raise
            return False
        finally:
            with contextlib.suppress(redis.RedisError):
                self._command("ACL", "DELUSER", probe)
        return True

    def _refuse_data_of_others(self) -> None:
        """Refuse a server with data in database 0, which no rule of older servers can protect.

        Raises:
            ServiceUnavailable: there is such data.
        """
        with self._connect(0) as zero:
            keys = zero.dbsize()
        if keys:
            raise ServiceUnavailable(
                "redis",
                f"The server of REDIS_URL holds {keys} keys in its database 0, which a suite could "
                "reach by mistake. Suites only run where nobody's data can be harmed.",
                "Set REDIS_URL to a server for development. " + _ADVICE,
            )

    def _sweep(self) -> None:
        """Drop the users of runs that were killed: nobody holds a connection for them."""
        names = {client["name"] for client in self._admin.client_list()}
        in_use = {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}
        for user in self._command("ACL", "LIST"):
            words = (user.decode() if isinstance(user, bytes) else user).split()
            if not words[1].startswith(PREFIX) or len(words[1]) != len(PREFIX) + 12:
                continue
            numbers = {w[3:] for w in words if w.startswith("db=")}
            numbers |= {w.partition("|")[2] for w in words if w.startswith("+select|")}
            if not numbers & in_use:
                self._command("ACL", "DELUSER", words[1])
                # On somebody's own server the number may hold new data by now.
                for number in numbers if self._embedded else ():
                    with self._connect(int(number)) as left:
                        left.flushdb()


def _does_not_answer(url: str, error: Exception) -> ServiceUnavailable:
    where = url.rpartition("@")[2].removeprefix("redis://") or "its socket"
    reason = str(error).strip() or type(error).__name__
    if "permission" in reason.lower():
        words = f"The user of REDIS_URL may not make users and key spaces for suites: {reason}"
        return ServiceUnavailable("redis", words, "Use a user with all rights. " + _ADVICE)
    words = f"Redis at {where} cannot be used: {reason}"
    return ServiceUnavailable("redis", words, "Start it, or mend REDIS_URL. " + _ADVICE)
