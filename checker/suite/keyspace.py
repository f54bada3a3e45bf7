"""The Redis key space of one test, as suites look at it."""

from __future__ import annotations

import threading
from typing import Any

import redis


class Keyspace:
    """A numbered database on a Redis server that was leased to this run.

    Args:
        url: with the user who may use this database alone.

    Attributes:
        url: the same; the app finds it under ``REDIS_URL``.
        client: a client for it, which gives bytes.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = redis.Redis.from_url(url, socket_connect_timeout=3)

    def empty(self) -> None:
        """Remove every key.

        Raises:
            redis.RedisError: the server is gone.
        """
        self.client.flushdb()

    def check(self) -> None:
        """See whether the server still does its work.

        Raises:
            redis.RedisError: it does not.
        """
        self.client.ping()

    def close(self) -> None:
        """Disconnect."""
        self.client.close()


class FakeKeyspace(Keyspace):
    """A key space where no Redis server can be had: fakeredis behind a port of this process."""

    def __init__(self) -> None:
        from fakeredis import TcpFakeServer

        self._server: Any = TcpFakeServer(("127.0.0.1", 0), server_type="valkey")
        threading.Thread(target=self._server.serve_forever, name="kata redis", daemon=True).start()
        super().__init__(f"redis://127.0.0.1:{self._server.server_address[1]}/0")

    def close(self) -> None:
        """End the server."""
        super().close()
        # Without this, the interpreter waits for it for ever.
        self._server.shutdown()
        self._server.server_close()
