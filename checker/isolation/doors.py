"""Doors: the few services that a cage without network still reaches.

Inside, a process listens on the service's TCP port of 127.0.0.1 and hands each connection on to
a Unix socket, which a network namespace does not hold back. Outside, a bridge takes it from
there to the real server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from typing import TYPE_CHECKING, Any

from checker.processes import die_with_parent

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PART = 64 << 10
_STARTED_SECONDS = 10


def keep_doors(doors: tuple[tuple[int, str], ...]) -> int:
    """Open doors from inside a cage, in a child of this process that lives as long as it does.

    Args:
        doors: pairs of a TCP port and the Unix socket behind it.

    Returns:
        How many processes that takes.

    Raises:
        OSError: a port cannot be listened on.
    """
    if not doors:
        return 0
    listeners = [(socket.create_server(("127.0.0.1", port)), path) for port, path in doors]
    if os.fork() == 0:
        try:
            die_with_parent()
            asyncio.run(_keep(listeners))
        finally:
            os._exit(1)
    for listener, _ in listeners:
        listener.close()
    return 1


async def _keep(listeners: list[tuple[socket.socket, str]]) -> None:
    for listener, path in listeners:

        async def welcome(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str = path
        ) -> None:
            try:
                onward = await asyncio.open_unix_connection(path)
            except OSError:
                writer.close()
                return
            await _join((reader, writer), onward)

        await asyncio.start_server(welcome, sock=listener)
    await asyncio.Event().wait()


class Bridge:
    """Leads from Unix sockets to servers; it lives in a thread of the grader.

    Args:
        folder: where the sockets are made; submissions get to see it, and nothing else may
            lie in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._doors: dict[tuple[str, int], tuple[int, str]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="kata bridge", daemon=True
        )
        self._thread.start()

    def door(self, host: str, port: int) -> tuple[int, str]:
        """The door to a server: the port for inside, and the Unix socket that leads to it."""
        key = (host, port)
        if key not in self._doors:
            path = self._folder / f"{len(self._doors)}.sock"
            listening = asyncio.run_coroutine_threadsafe(self._listen(path, key), self._loop)
            listening.result(_STARTED_SECONDS)
            path.chmod(0o666)  # caged processes run as other users
            self._doors[key] = (port, str(path))
        return self._doors[key]

    async def _listen(self, path: Path, to: tuple[str, int]) -> None:
        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                onward = await asyncio.open_connection(*to)
            except OSError:
                writer.close()
                return
            with contextlib.suppress(asyncio.CancelledError):  # which the caller would log
                await _join((reader, writer), onward)

        await asyncio.start_unix_server(welcome, path)

    def close(self) -> None:
        """End every connection."""
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(_STARTED_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STARTED_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def __enter__(self) -> Bridge:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


async def _cancel_all() -> None:
    """Cancel every other task of this loop, and wait for their ends."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


_JOINED: set[asyncio.Task[Any] | None] = set()
"""Who passes bytes on; asyncio holds them weakly once one side has said all."""

_End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _join(one: _End, other: _End) -> None:
    """Pass bytes both ways until both have said all."""
    me = asyncio.current_task()
    _JOINED.add(me)
    try:
        await asyncio.gather(_pass_on(one[0], other[1]), _pass_on(other[0], one[1]))
    finally:
        _JOINED.discard(me)
        for _, writer in (one, other):
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_PART):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
