"""An embedded stand-in for MongoDB: the wheel ``nx-27017``, which speaks MongoDB's wire protocol.

It keeps documents in SQLite, in memory, and is no MongoDB: some aggregation stages are missing,
and it knows no users. A real server is used when ``MONGODB_URL`` names one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import ServiceUnavailable
from checker.services.places import reachable
from checker.services.servers import Endpoint

if TYPE_CHECKING:
    from checker.services.places import Place

PACKAGE = "nx-27017"


class MongoStandIn:
    """The stand-in, as the guardian runs it."""

    service = "mongodb"
    title = "MongoDB (stand-in NX-27017)"
    variable = "MONGODB_URL"
    stop_signal: int | None = signal.SIGKILL if os.name == "posix" else None  # it keeps nothing

    def version(self) -> str:
        """The stand-in's version, as ``0.8.1``.

        Raises:
            ServiceUnavailable: it is not installed.
        """
        try:
            return metadata.version(PACKAGE)
        except metadata.PackageNotFoundError:
            raise ServiceUnavailable(
                self.service,
                f"The package {PACKAGE} is not installed here.",
                "Install the workspace's packages (pip install -c constraints.txt -e .), or set "
                "MONGODB_URL to a MongoDB server of yours.",
            ) from None

    def prepare(self, place: Place) -> None:
        """Make the folders; everything else is in memory."""
        place.make(place.base, 0o711)
        place.make(place.data)
        (place.data / "nx.pid").unlink(missing_ok=True)

    def command(self, place: Place, port: int) -> list[str]:
        """The command that runs the stand-in in the foreground."""
        code = "from nx_27017.nx_27017 import main; main()"
        # Without a file of its own it would take another workspace's stand-in for itself.
        own = ["--pid-file", str(place.data / "nx.pid"), "--log-file", str(place.data / "nx.log")]
        return [sys.executable, "-c", code, "--data-dir", "memory", "-p", str(port), *own]

    def runs_as_owner(self, place: Place) -> bool:
        """Whether the server's user can read this Python; else it runs as we do."""
        return place.owner is not None and reachable(Path(sys.executable).resolve(), place.owner)

    def endpoint(self, place: Place, port: int) -> Endpoint:
        """Where the stand-in that this command runs can be reached."""
        return Endpoint("", port, "")

    def is_ready(self, place: Place, endpoint: Endpoint) -> bool:
        """Whether the stand-in that was just started is up."""
        return self.answers(endpoint)

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether it takes connections."""
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", endpoint.port), timeout=3).close()
            return True
        return False
