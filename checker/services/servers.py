"""What the guardian must know of a kind of server, and what every kind has in common."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from checker.errors import CheckerError, ServiceUnavailable
from checker.services.places import FULL

if TYPE_CHECKING:
    from checker.services.places import Place


@dataclass(frozen=True)
class Endpoint:
    """Where a running server listens.

    Attributes:
        socket: the folder or file of its Unix socket; "" where there are none.
        port: its TCP port on 127.0.0.1.
        password: its administrator's.
    """

    socket: str
    port: int
    password: str


class Server(Protocol):
    """A kind of embedded server.

    Attributes:
        service: its name in ``kata.toml``.
        title: its name for people.
        variable: the environment variable that names a server of one's own.
        stop_signal: what ends it at once and in order; a number, or None for ``terminate``.
    """

    service: str
    title: str
    variable: str
    stop_signal: int | None

    def version(self) -> str:
        """The installed server's version.

        Raises:
            ServiceUnavailable: there is none for this system; says how to get one.
        """

    def prepare(self, place: Place) -> None:
        """Make the data folder, when it is not there or of no use any more.

        Raises:
            ServiceUnavailable: it cannot be made.
        """

    def command(self, place: Place, port: int) -> list[str]:
        """The command that runs the server in the foreground."""

    def runs_as_owner(self, place: Place) -> bool:
        """Whether the server runs as the place's owner, when it has one."""

    def endpoint(self, place: Place, port: int) -> Endpoint:
        """Where the server that this command runs can be reached."""

    def is_ready(self, place: Place, endpoint: Endpoint) -> bool:
        """Whether the server that was just started is up, found out with little effort."""

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether the server takes an administrator's commands."""


def server_of(service: str) -> Server:
    """The embedded server of a service.

    Raises:
        CheckerError: none is embedded.
    """
    if service == "postgres":
        from checker.services.postgres import Postgres

        return Postgres()
    if service == "redis":
        from checker.services.valkey import Valkey

        return Valkey()
    if service == "mongodb":
        from checker.services.mongo import MongoStandIn

        return MongoStandIn()
    raise CheckerError(f"There is no embedded server for {service}.")


def run_tool(service: str, command: list[str], place: Place) -> None:
    """Run a program of a server's to its end.

    Raises:
        ServiceUnavailable: it failed; the message holds what it wrote.
    """
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=place.base.anchor, check=False,
        errors="replace", timeout=120, **place.run_as(),
    )  # fmt: skip
    if done.returncode:
        name = Path(command[0]).stem
        raise failed_start(service, f"{name} failed", done.stderr or done.stdout, place)


def disk_full(service: str, folder: Path) -> ServiceUnavailable:
    """The error that says that a server cannot write any more."""
    words = f"The disk is full at {folder}."
    return ServiceUnavailable(service, words, "Free some space (100 MB are enough) and run again.")


def failed_start(service: str, what: str, output: str, place: Place) -> ServiceUnavailable:
    """The error that says why a server could not be made or started.

    Args:
        service: as ``postgres``.
        what: what failed.
        output: what the program wrote.
        place: the server's.
    """
    if any(words in output.lower().encode() for words in FULL):
        return disk_full(service, place.base)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    reason = (telling or lines or ["it wrote nothing"])[-1]
    return ServiceUnavailable(
        service, f"{what}: {reason}", "`checker doctor` looks for causes; `checker services` shows."
    )
