"""From a user's side: have an embedded server up while it is used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from checker.errors import ServiceUnavailable
from checker.services.guardian import FAILURE, LOG, START_SECONDS, read_endpoint
from checker.services.marks import Mark
from checker.services.places import place_for
from checker.services.servers import Endpoint, Server, server_of

if TYPE_CHECKING:
    from pathlib import Path


class Embedded:
    """The use of one embedded server, by one process.

    Args:
        service: as ``postgres``.
        private: the workspace's private folder.

    Raises:
        ServiceUnavailable: the server cannot be had; says why and what to do.
    """

    def __init__(self, service: str, private: Path) -> None:
        self.server: Server = server_of(service)
        self.server.version()
        self._private = private.resolve()
        self.control = place_for(service, self._private).control
        self._mark: Mark | None = None
        self.endpoint = self.ensure()

    def ensure(self) -> Endpoint:
        """Have the server up, also after a crash or when its folder was removed.

        Returns:
            Where it listens now.

        Raises:
            ServiceUnavailable: as for the class.
        """
        try:
            self.control.mkdir(parents=True, exist_ok=True)
            if self._mark is None or not self._mark.holds():
                self._mark = Mark(self.control)
            with FileLock(self.control / "start.lock", timeout=2 * START_SECONDS):
                self.endpoint = self._running() or self._start()
        except Timeout:
            raise self._unavailable("It is still being started by another process.") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise self._unavailable(f"{error.filename} cannot be written ({reason}).") from error
        return self.endpoint

    def close(self) -> None:
        """Say that this process does not use the server any more."""
        if self._mark is not None:
            self._mark.take_back()
            self._mark = None

    def _running(self) -> Endpoint | None:
        endpoint = read_endpoint(self.control)
        return endpoint if endpoint and self.server.answers(endpoint) else None

    def _start(self) -> Endpoint:
        guardian = None
        if not _held(self.control / "guardian.lock"):
            guardian = self._spawn()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            endpoint = self._running()
            if endpoint is not None:
                return endpoint
            if guardian is not None and guardian.poll() is not None:
                raise self._told()
            if guardian is None and not _held(self.control / "guardian.lock"):
                guardian = self._spawn()
            time.sleep(0.01)
        raise self._unavailable(f"It did not come up within {START_SECONDS:.0f} seconds.")

    def _spawn(self) -> subprocess.Popen[bytes]:
        (self.control / FAILURE).unlink(missing_ok=True)
        options: dict[str, Any] = {"start_new_session": True}
        if os.name == "nt":
            options = {"creationflags": subprocess.CREATE_NO_WINDOW}  # type: ignore[attr-defined]
        with (self.control / "guardian.log").open("wb") as log:
            return subprocess.Popen(
                [
                    sys.executable, "-m", "checker.services.guardian",
                    self.server.service, str(self._private),
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "PYTHONSAFEPATH": "1"}, **options,
            )  # fmt: skip

    def _told(self) -> ServiceUnavailable:
        """The reason that the guardian left behind."""
        try:
            told = json.loads((self.control / FAILURE).read_bytes())
        except (OSError, ValueError):
            return self._unavailable(f"It ended at once; see {self.control / 'guardian.log'}.")
        return ServiceUnavailable(self.server.service, told["message"], told["advice"])

    def _unavailable(self, reason: str) -> ServiceUnavailable:
        return ServiceUnavailable(
            self.server.service,
            f"{self.server.title} cannot be started here. {reason}",
            f"Its log is {self.control / LOG}. Or set {self.server.variable} to a server of yours.",
        )


def _held(file: Path) -> bool:
    """Whether a lock is held by another process."""
    try:
        with FileLock(file, timeout=0):
            return False
    except Timeout:
        return True
