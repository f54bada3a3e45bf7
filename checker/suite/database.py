"""The database of one test, as suites look at it: what the app has stored, and who is connected."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_SECONDS = 3
_OURS = "kata suite"
"""What tells the suite's own connections from the app's."""
_EMPTY = """
DO $$ BEGIN
    FOR round IN 1..2000 LOOP
        -- Asked for again and again: a backend takes its time to end.
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE usename = current_user AND pid <> pg_backend_pid();
        EXIT WHEN NOT FOUND;
        PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
    END LOOP;
    EXECUTE 'DROP OWNED BY CURRENT_USER CASCADE';
    EXECUTE 'CREATE SCHEMA public';
END $$;
ALTER ROLE CURRENT_USER RESET ALL;
"""


@dataclass(frozen=True)
class Session:
    """A connection of the app's.

    Attributes:
        state: as PostgreSQL names it: ``active``, ``idle``, ``idle in transaction``, …
        query: what it was asked last.
    """

    state: str
    query: str


class Database:
    """A PostgreSQL database that was made for this run, and is empty when a test begins.

    The app finds it under ``DATABASE_URL``.

    Args:
        url: as SQLAlchemy reads it.

    Attributes:
        url: the same.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._conninfo = "postgresql" + url[url.index("://") :]
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """Run a query and return its rows.

        Args:
            statement: SQL, with ``%s`` where a value goes.
            values: for these places.
        """
        return self._own().execute(statement, values or None).fetchall()

    def value(self, statement: str, *values: object) -> Any:
        """Run a query and return the first column of its first row; None when there is no row."""
        found = self.rows(statement, *values)
        return next(iter(found[0].values())) if found else None

    def run(self, statement: str, *values: object) -> None:
        """Run a statement, or several with no values."""
        self._own().execute(statement, values or None)

    def sessions(self) -> list[Session]:
        """The connections that the app holds at this moment."""
        found = self.rows(
            "SELECT state, query FROM pg_stat_activity"
            " WHERE usename = current_user AND application_name <> %s AND state IS NOT NULL"
            " ORDER BY backend_start",
            _OURS,
        )
        return [Session(row["state"], row["query"]) for row in found]

    @contextmanager
    def locked(self, statement: str, *values: object) -> Iterator[None]:
        """Hold a statement's locks in a transaction of our own, which is rolled back at the end.

        ``with database.locked("SELECT … FOR UPDATE"):`` makes whoever wants these rows wait.
        """
        with psycopg.connect(self._conninfo, application_name=_OURS) as other:
            other.execute(statement, values or None)
            yield
            other.rollback()

    def empty(self, schema: str = "") -> None:
        """Drop everything in it, end the app's connections, and set up a schema.

        Args:
            schema: SQL that makes the tables; "" for none.

        Raises:
            psycopg.Error: the server is gone, or somebody else holds the database.
        """
        try:
            self._own().execute(_EMPTY + schema)
        except psycopg.OperationalError:
            self.close()  # the app may have ended our connection, too
            self._own().execute(_EMPTY + schema)

    def check(self) -> None:
        """Write and read something, to see whether the server still does its work.

        Raises:
            psycopg.Error: it does not.
        """
        statement = (
            "CREATE TEMPORARY TABLE kata_check AS SELECT repeat('x', 100000) AS x; "
            "DROP TABLE kata_check"
        )
        try:
            self._own().execute(statement)
        except psycopg.OperationalError:
            self.close()  # the app may have ended our connection, too
            self._own().execute(statement)

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _own(self) -> psycopg.Connection[dict[str, Any]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._conninfo,
                autocommit=True,
                row_factory=dict_row,
                connect_timeout=LOCK_SECONDS,
                application_name=_OURS,
                options=f"-c lock_timeout={LOCK_SECONDS}s -c client_min_messages=error",
            )
        return self._connection
