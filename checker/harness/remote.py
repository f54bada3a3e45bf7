"""The judge's side of an app that lives in another process; see ``host``."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from checker.harness.asking import Answer
from checker.harness.client import RecordingTransport
from checker.harness.frames import Frames, Hung, pack, pack_pairs, unpack, unpack_pairs
from checker.harness.host import order, place_from
from checker.harness.server import STOP_SECONDS, AppDidNotStart
from checker.loading import Broken

if TYPE_CHECKING:
    import socket

    from checker.harness.asking import Question
    from checker.harness.exchanges import Exchange

_MOST_WORDS = 2_000


class AppIsGone(AssertionError):  # noqa: N818 - it says what happened
    """The process in which the app lives has ended, or has talked nonsense."""


class Nursery:
    """Where a judge gets its apps from.

    Args:
        way: the judge's end of the way to the nursery.
    """

    __name__ = "kata-nursery"  # pytest registers it under this name, which the fixtures look for

    def __init__(self, way: socket.socket) -> None:
        self._way = way
        self._before = dict(os.environ)

    def load(self) -> RemoteApp:
        """Have the learner's files executed in a new process.

        Raises:
            Broken: they cannot be.
            AppIsGone: the process ended meanwhile.
        """
        changed = {k: v for k, v in os.environ.items() if self._before.get(k) != v}
        changed.pop("PYTEST_CURRENT_TEST", None)
        try:
            return RemoteApp(Frames(order(self._way, changed)))
        except Hung:
            raise AppIsGone(_GONE) from None


_GONE = (
    "The process in which the app ran has ended by itself. "
    "Look for os._exit, sys.exit, or for code that uses up the memory."
)


class RemoteApp:
    """A learner's app in another process.

    Args:
        host: the way to it.
    """

    def __init__(self, host: Frames) -> None:
        self._host = host
        self._answers: dict[int, Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._told: Future[dict[str, Any]] = Future()
        self._gone = False
        self._lock = threading.Lock()
        first = host.receive()
        if "broken" in first:
            place = place_from(first.get("place"))
            raise Broken(_words(first["broken"]), _words(first.get("advice", "")), place)
        if "loaded" not in first:
            raise Hung
        threading.Thread(target=self._listen, name="kata answers", daemon=True).start()

    def start(self) -> None:
        """Begin the app's lifespan.

        Raises:
            AppDidNotStart: it failed.
            AppIsGone: its process ended.
        """
        told = self._do({"do": "start"})
        if "not started" in told:
            raise AppDidNotStart(_words(told["not started"]))

    def ask(self, question: Question, exchange: Exchange) -> Answer:
        """Put a request to the app.

        Raises:
            AssertionError: there was no whole answer.
        """
        number = next(self._numbers)
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            if self._gone:
                raise AppIsGone(_GONE)
            self._answers[number] = answer
        message = {
            "do": "ask",
            "number": number,
            "method": question.method,
            "url": question.url,
            "headers": pack_pairs(question.headers),
            "body": pack(question.body),
            "target": exchange.target,
        }
        try:
            self._host.send(message)
            told = answer.result()
            exchange.handler = place_from(told.get("handler"))
            exchange.error = _words(told.get("error", ""))
            exchange.error_place = place_from(told.get("error_place"))
            if "failed" in told:
                kind, words = told["failed"]
                raise AssertionError(_words(words) if kind == "AssertionError" else
                                     f"{_words(kind)}: {_words(words)}")  # fmt: skip
            return _answer(told)
        except (Hung, TypeError, ValueError, KeyError):
            raise AppIsGone(_GONE) from None

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End the app's lifespan; a process that does not answer is left to the run's end."""
        with contextlib.suppress(AppIsGone, TimeoutError):
            self._do({"do": "stop", "patience": patience}, patience + 1)

    def close(self) -> None:
        """Let go of the process."""
        self._host.close()

    def _do(self, message: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        with self._lock:
            if self._gone:
                raise AppIsGone(_GONE)
            self._told = Future()
        try:
            self._host.send(message)
            return self._told.result(seconds)
        except Hung:
            raise AppIsGone(_GONE) from None

    def _listen(self) -> None:
        try:
            while True:
                told = self._host.receive()
                number = told.get("number")
                answer = self._answers.pop(number, None) if isinstance(number, int) else self._told
                if answer is not None and not answer.done():
                    answer.set_result(told)
        except Hung as error:
            with self._lock:
                self._gone = True
                waiting = [*self._answers.values(), self._told]
            for future in waiting:
                if not future.done():
                    future.set_exception(error)


class RemoteTransport(RecordingTransport):
    """Carries requests to an app in another process.

    Args:
        app: the app, which was started.
        exchanges: where each exchange is appended.
    """

    def __init__(self, app: RemoteApp, exchanges: list[Exchange]) -> None:
        super().__init__(exchanges)
        self._app = app

    def ask(self, question: Question, exchange: Exchange) -> Answer:
        """Get the app's answer."""
        return self._app.ask(question, exchange)

    def stop(self) -> None:
        """Stop the app."""
        self._app.stop()


def _answer(told: dict[str, Any]) -> Answer:
    status, consumed = told["status"], told["consumed"]
    if not (type(status) is int and 100 <= status <= 999 and type(consumed) is int):
        raise Hung
    chunks = [unpack(chunk) for chunk in told["chunks"]]
    headers = unpack_pairs(told["headers"])
    return Answer(status, headers, unpack(told["content"]), chunks, consumed)


def _words(text: object) -> str:
    return str(text)[:_MOST_WORDS]
