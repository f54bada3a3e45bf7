"""A way to a service that a suite can close or slow down: the service is away, or far away."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from types import TracebackType

PORTS = {"postgresql": 5432, "redis": 6379, "amqp": 5672, "mongodb": 27017}


class Gateway:
    """Passes bytes on to a service, as long as it is open.

    Args:
        url: of the service.

    Attributes:
        url: the same service through this gateway.
        connections: how many connections were opened through it so far.
        delay: how many seconds whatever is sent to the service is on its way; at first 0. Of
            requests at once each then reads before any of them writes.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        scheme = parts.scheme.partition("+")[0]
        self._target = (parts.hostname or "127.0.0.1", parts.port or PORTS[scheme])
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        login = parts.netloc.rpartition("@")[0]
        where = f"{login}@127.0.0.1:{port}" if login else f"127.0.0.1:{port}"
        self.url = urlunsplit(parts._replace(netloc=where))
        self.connections = 0
        self.delay = 0.0
        self._lock = threading.Lock()
        self._open = True
        self._ends: set[socket.socket] = set()
        threading.Thread(target=self._accept, name="kata gateway", daemon=True).start()

    def shut(self) -> None:
        """End every connection and refuse new ones, until `reopen`."""
        with self._lock:
            self._open = False
            ends, self._ends = self._ends, set()
        for end in ends:
            _end(end)

    def reopen(self) -> None:
        """Let connections through again."""
        self._open = True

    def close(self) -> None:
        """End every connection and stop listening."""
        self.shut()
        _end(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._open:
                _end(near)
                continue
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                _end(near)
                continue
            far.settimeout(None)
            with self._lock:
                self.connections += 1
                self._ends |= {near, far}
            for here, there, slow in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pump, args=(here, there, slow), daemon=True).start()

    def _pump(self, here: socket.socket, there: socket.socket, slow: bool) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(1 << 16):
                if slow and self.delay:
                    time.sleep(self.delay)
                there.sendall(data)
        _end(here)
        _end(there)

    def __enter__(self) -> Gateway:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
