"""Messages between a judge and the process in which the judged app lives: JSON in frames.

The judge trusts nothing of it: a frame has a limit, must be JSON, and is read by whoever knows
which fields to expect.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import struct
import threading
from typing import Any

MOST_BYTES = 96 << 20
_LENGTH = struct.Struct("!I")


class Hung(Exception):  # noqa: N818 - it says what happened
    """The other side is gone, or said something that is no frame."""


class Frames:
    """One end of a stream of messages; several threads may send.

    Args:
        end: a connected stream socket.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._sending = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises:
            Hung: the other side is gone.
        """
        data = json.dumps(message).encode()
        try:
            with self._sending:
                self._end.sendall(_LENGTH.pack(len(data)) + data)
        except OSError as error:
            raise Hung from error

    def receive(self) -> dict[str, Any]:
        """Wait for the next message.

        Raises:
            Hung: none comes any more, or what came is no message.
        """
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if length > MOST_BYTES:
            raise Hung
        try:
            message = json.loads(self._exactly(length))
        except (ValueError, RecursionError) as error:
            raise Hung from error
        if not isinstance(message, dict):
            raise Hung
        return message

    def close(self) -> None:
        """End the stream, also for a thread that waits for its next message."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            try:
                part = self._end.recv(min(count, 1 << 20))
            except OSError as error:
                raise Hung from error
            if not part:
                raise Hung
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def pack(data: bytes) -> str:
    """Bytes as a message carries them."""
    return base64.b64encode(data).decode()


def unpack(text: object) -> bytes:
    """The bytes again.

    Raises:
        Hung: it is not what `pack` made.
    """
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError as error:
        raise Hung from error


def pack_pairs(pairs: list[tuple[bytes, bytes]]) -> list[list[str]]:
    """Headers as a message carries them."""
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in pairs]


def unpack_pairs(pairs: object) -> list[tuple[bytes, bytes]]:
    """The headers again.

    Raises:
        Hung: it is not what `pack_pairs` made.
    """
    try:
        return [
            (str(name).encode("latin-1"), str(value).encode("latin-1"))
            for name, value in pairs  # type: ignore[attr-defined]
        ]
    except (TypeError, ValueError) as error:
        raise Hung from error
