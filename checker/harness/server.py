"""Runs one ASGI app on an event loop of its own, in a thread, for one test."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from checker.audit import LOOK

if TYPE_CHECKING:
    from collections.abc import Coroutine, MutableMapping

T = TypeVar("T")
STOP_SECONDS = 2.0


class AppDidNotStart(Exception):  # noqa: N818 - it says what happened
    """The app's lifespan failed before the first request."""


class AppServer:
    """An ASGI app that is up: its lifespan has begun and its loop runs.

    The loop runs in a thread, so that several requests of a suite can be in flight at once, and
    so that a handler that never ends leaves the test free to say so.

    Args:
        app: the ASGI app.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="kata app", daemon=True)
        self._before = set(threading.enumerate())
        self._lifespan: _Lifespan | None = None

    def start(self) -> None:
        """Start the loop and the app's lifespan.

        Raises:
            AppDidNotStart: the lifespan raised; its error is the cause.
        """
        self._thread.start()
        try:
            self.call(self._start_lifespan())
        except BaseException:
            self.stop()
            raise

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the app's loop and wait for its result.

        Raises:
            RuntimeError: the app was stopped.
        """
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("The app was stopped.")
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        finally:
            sys.audit(LOOK)

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End the lifespan, cancel what is left, and end the thread, by force if it must be.

        Args:
            patience: how long the app may take for it, in seconds.
        """
        if self._thread.is_alive():
            done = asyncio.run_coroutine_threadsafe(self._finish(), self._loop)
            try:
                done.result(patience)
            except TimeoutError:
                end_threads(self._before)
            except asyncio.CancelledError:
                pass
            finally:
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start_lifespan(self) -> None:
        self._lifespan = _Lifespan(self.app, self.state)
        await self._lifespan.start()

    async def _finish(self) -> None:
        try:
            if self._lifespan is not None:
                await self._lifespan.stop()
        finally:
            mine = asyncio.current_task()
            left = [task for task in asyncio.all_tasks() if task is not mine]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await self._loop.shutdown_asyncgens()


class _Lifespan:
    """The lifespan half of the ASGI specification, from the server's side."""

    def __init__(self, app: Any, state: dict[str, Any]) -> None:
        self._app = app
        self._scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
        self._inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.create_task(self._serve())
        await self._started

    async def stop(self) -> None:
        if self._task is None or self._task.done():
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait([self._task])

    async def _serve(self) -> None:
        try:
            await self._app(self._scope, self._inbox.get, self._send)
        except (Exception, SystemExit) as error:  # an exit must not end the loop's thread
            if not self._started.done():
                failed = AppDidNotStart(f"{type(error).__name__}: {error}")
                failed.__cause__ = error
                self._started.set_exception(failed)
        else:
            if not self._started.done():
                self._started.set_result(None)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "lifespan.startup.complete" and not self._started.done():
            self._started.set_result(None)


def end_threads(keep: set[threading.Thread]) -> None:
    """Raise SystemExit in every Python thread that is not in ``keep``, nor this one.

    It reaches loops written in Python; a thread that is stuck in C code stays, and dies with
    the process.
    """
    for thread in threading.enumerate():
        if thread not in keep and thread is not threading.current_thread() and thread.ident:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
            )
