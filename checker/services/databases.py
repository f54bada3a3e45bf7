"""A database for one run, in a PostgreSQL server that may be somebody's own.

Each run gets a role and a database that were made for it. The role owns nothing else and may do
nothing else, so that no statement of a learner's reaches other data; between tests it drops all
that it owns. Measured (``python -m benchmarks isolation``), that is cheaper than a database or a
schema with a role for each test. A session's advisory lock says that a database is in use: those
of killed runs have none, and are dropped by the next.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from checker.errors import ServiceUnavailable

if TYPE_CHECKING:
    from checker.services.servers import Endpoint

PREFIX = "kata_"
CONNECTIONS = 40
"""How many connections a run may hold: enough for any kata, and too few to exhaust a server."""
CONNECT_SECONDS = 5
_ADVICE = (
    "Or unset DATABASE_URL: then a server of the workspace's own is started. "
    "`checker services` shows."
)


@dataclass(frozen=True)
class Lease:
    """A database that one run may use.

    Attributes:
        name: of the database, and of the role.
        password: the role's.
        host: the server's name, or the folder of its socket.
        port: its port.
        options: further parameters of a connection, as ``sslmode``.
    """

    name: str
    password: str
    host: str
    port: int
    options: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        """The URL for an app, as SQLAlchemy reads it: ``postgresql+psycopg://…``."""
        return self._url("postgresql+psycopg")

    @property
    def conninfo(self) -> str:
        """The URL for libpq and psycopg: ``postgresql://…``."""
        return self._url("postgresql")

    def _url(self, scheme: str) -> str:
        login = f"{self.name}:{quote(self.password)}"
        options = dict(self.options)
        where = f"{self.host}:{self.port}"
        if self.host.startswith("/"):
            where, options = "", {"host": self.host, "port": str(self.port), **options}
        query = f"?{urlencode(options)}" if options else ""
        return f"{scheme}://{login}@{where}/{self.name}{query}"


def parameters_of(endpoint: Endpoint) -> dict[str, Any]:
    """How an administrator connects to an embedded server."""
    return {
        "host": endpoint.socket or "127.0.0.1",
        "port": endpoint.port,
        "user": "postgres",
        "password": endpoint.password,
        "dbname": "postgres",
    }


def parameters_of_url(url: str) -> dict[str, Any]:
    """How to connect to the server that ``DATABASE_URL`` names.

    Raises:
        ServiceUnavailable: the URL cannot be read, or is of another system.
    """
    scheme, _, rest = url.partition("://")
    system = scheme.partition("+")[0]
    if system not in ("postgresql", "postgres"):
        raise ServiceUnavailable(
            "postgres",
            f"DATABASE_URL begins with {scheme!r}, and the katas need PostgreSQL.",
            "Set it to postgresql://USER:PASSWORD@HOST:PORT/DATABASE. " + _ADVICE,
        )
    try:
        return dict(conninfo_to_dict(f"postgresql://{rest}"))
    except psycopg.ProgrammingError as error:
        words = f"DATABASE_URL cannot be read: {str(error).strip()}."
        raise ServiceUnavailable("postgres", words, _ADVICE) from error


class Databases:
    """Makes and drops databases for runs, in one server.

    Args:
        parameters: how an administrator connects to the server.
        host: where the leases connect; the administrator's host unless given.

    Raises:
        ServiceUnavailable: the server does not answer, or does not allow it.
    """

    def __init__(self, parameters: dict[str, Any], host: str = "") -> None:
        self._parameters = {**parameters, "connect_timeout": CONNECT_SECONDS}
        try:
            self._admin = psycopg.connect(**self._parameters, autocommit=True)
        except psycopg.OperationalError as error:
            raise _does_not_answer(self._parameters, error) from error
        self._made_by = os.getpid()
        self._host = host or self._admin.info.host
        self._port = self._admin.info.port
        self._leases: dict[str, Lease] = {}
        try:
            self._refuse_weak_user()
            self._sweep()
        except BaseException:
            self._admin.close()
            raise

    def lease(self) -> Lease:
        """Make a database with a role for one run.

        Raises:
            ServiceUnavailable: the server does not allow it, or is gone.
        """
        name = PREFIX + secrets.token_hex(6)
        kept = {k: v for k, v in self._parameters.items() if k.startswith("ssl")}
        lease = Lease(name, secrets.token_hex(12), self._host, self._port, tuple(kept.items()))
        try:
            self._make(lease)
        except psycopg.Error as error:
            with contextlib.suppress(psycopg.Error):
                self._drop(name)
            raise _refused(error) from error
        self._leases[name] = lease
        return lease

    def drop(self, lease: Lease) -> None:
        """Drop a lease's database and role; what cannot be dropped now, the next sweep drops."""
        if self._leases.pop(lease.name, None) is None:
            return
        with contextlib.suppress(psycopg.Error):
            self._drop(lease.name)
            self._admin.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [lease.name])

    def is_up(self) -> bool:
        """Whether the server still answers."""
        try:
            self._admin.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def close(self) -> None:
        """Drop every lease and disconnect."""
        if os.getpid() != self._made_by:
            return  # a forked child must not speak on its parent's connection
        for lease in list(self._leases.values()):
            self.drop(lease)
        self._admin.close()

    def _make(self, lease: Lease) -> None:
        name, group = sql.Identifier(lease.name), sql.Identifier(f"{lease.name}_may")
        admin = self._admin
        admin.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [lease.name])
        # What the run's role may do, it may as a member of a group: dropping all that it owns
        # would take away what was granted to itself.
        for statement in (
            "CREATE ROLE {group} NOLOGIN",
            f"CREATE ROLE {{name}} LOGIN PASSWORD {{password}} CONNECTION LIMIT {CONNECTIONS}",
            "GRANT {group} TO {name}",
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
            + (" STRATEGY file_copy" if admin.info.server_version >= 150000 else ""),
            "REVOKE ALL ON DATABASE {name} FROM PUBLIC",
            "GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {name} TO {group}",
        ):
            password = sql.Literal(lease.password)
            admin.execute(sql.SQL(statement).format(name=name, group=group, password=password))
        with psycopg.connect(**{**self._parameters, "dbname": lease.name}, autocommit=True) as own:
            own.execute("DROP SCHEMA public CASCADE")

    def _drop(self, name: str) -> None:
        admin = self._admin
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        force = " WITH (FORCE)" if admin.info.server_version >= 130000 else ""
        database = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}" + force).format(database))
        for role in (name, f"{name}_may"):
            admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))

    def _refuse_weak_user(self) -> None:
        found = self._admin.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolname FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
        if found and not found[0] and not (found[1] and found[2]):
            raise ServiceUnavailable(
                "postgres",
                f"The user {found[3]} of DATABASE_URL may not create databases and roles, and "
                "suites only use databases made for them.",
                f"Allow it: ALTER ROLE {found[3]} CREATEDB CREATEROLE. " + _ADVICE,
            )

    def _sweep(self) -> None:
        """Drop the databases of runs that were killed: nobody holds their locks."""
        found = self._admin.execute(
            "SELECT rolname FROM pg_roles WHERE rolname ~ %s", [f"^{PREFIX}[0-9a-f]{{12}}$"]
        ).fetchall()
        for (name,) in found:
            key = "hashtextextended(%s, 0)"
            taken = self._admin.execute(f"SELECT pg_try_advisory_lock({key})", [name]).fetchone()
            if taken and taken[0]:
                with contextlib.suppress(psycopg.Error):
                    self._drop(name)
                self._admin.execute(f"SELECT pg_advisory_unlock({key})", [name])


def _does_not_answer(parameters: dict[str, Any], error: Exception) -> ServiceUnavailable:
    host = parameters.get("host", "127.0.0.1")
    where = host if str(host).startswith("/") else f"{host}:{parameters.get('port', 5432)}"
    reason = str(error).strip().splitlines()[0].rpartition("failed: ")[2].strip()
    advice = "Start that server, or mend DATABASE_URL. " + _ADVICE
    words = f"PostgreSQL at {where} cannot be used: {reason}"
    return ServiceUnavailable("postgres", words, advice)


def _refused(error: psycopg.Error) -> ServiceUnavailable:
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, psycopg.errors.DiskFull) or "No space left" in reason:
        advice = "Free some space on the server's disk and retry."
    else:
        advice = "`checker services` shows what is running; `checker doctor` looks for causes."
    words = f"PostgreSQL made no database for this run: {reason}"
    return ServiceUnavailable("postgres", words, advice)
