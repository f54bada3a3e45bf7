"""The process in which a judged app lives, when the judge sits in another one.

A *nursery* waits in the cage, with everything imported and nothing of the learner's; for each
app that the judge asks for it forks a *host*, hands it the socket that came with the question,
and takes leave of it when it ends. The host executes the learner's files, runs the app, and puts
the judge's requests to it. What it answers is all that the judge ever gets to see of it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from checker.harness.asking import Question, ask
from checker.harness.exchanges import Exchange, Place, place_in_folder
from checker.harness.frames import Frames, Hung, pack, pack_pairs, unpack, unpack_pairs
from checker.harness.server import AppDidNotStart, AppServer
from checker.loading import Broken, app_of, imported, load_module

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_MOST_ORDER_BYTES = 64 << 10


def order(nursery: socket.socket, environment: dict[str, str]) -> socket.socket:
    """Ask a nursery for a new host.

    Args:
        nursery: the judge's end of the way to it.
        environment: the variables that the app finds, besides those of the cage.

    Returns:
        The judge's end of the way to the host.

    Raises:
        Hung: the nursery is gone.
    """
    near, far = socket.socketpair()
    with far:
        try:
            data = json.dumps(environment).encode()
            socket.send_fds(nursery, [data], [far.fileno()])
        except OSError as error:
            near.close()
            raise Hung from error
    return near


def keep_nursery(way: socket.socket, folder: Path, not_mine: Collection[str]) -> None:
    """Fork hosts as they are asked for, until the judge is gone. It is called in the cage.

    Args:
        way: the nursery's end of the way to the judge; a sequenced-packet socket.
        folder: the kata's folder.
        not_mine: the files in it that the learner did not write.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system takes leave of hosts by itself
    _import_ahead(folder)
    while True:
        data, numbers, _, _ = socket.recv_fds(way, _MOST_ORDER_BYTES, 1)
        if not data:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            way.close()
            os.environ.update(json.loads(data))
            with contextlib.suppress(Hung):
                _Host(Frames(socket.socket(fileno=numbers[0])), folder, not_mine).serve()
            os._exit(0)
        for number in numbers:
            os.close(number)


def _import_ahead(folder: Path) -> None:
    """Import the packages that the learner's files import, so that not every host has to.

    Only what is installed is found: the kata's folder is on no path.
    """
    for path in folder.rglob("*.py"):
        with contextlib.suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            for name in imported(path.read_bytes()):
                with contextlib.suppress(Exception, SystemExit):
                    importlib.import_module(name)


class _Host:
    def __init__(self, judge: Frames, folder: Path, not_mine: Collection[str]) -> None:
        self._judge = judge
        self._folder = folder
        self._not_mine = not_mine
        self._server: AppServer | None = None

    def serve(self) -> None:
        """Load the app, then do what the judge asks for."""
        try:
            app = app_of(load_module(self._folder))
        except Broken as error:
            place = vars(error.place) if error.place else None
            self._judge.send({"broken": error.message, "advice": error.advice, "place": place})
            return
        self._judge.send({"loaded": True})
        while True:
            message = self._judge.receive()
            match message["do"]:
                case "start":
                    self._start(app)
                case "ask":
                    threading.Thread(target=self._ask, args=(message,), daemon=True).start()
                case "stop":
                    if self._server is not None:
                        self._server.stop(message["patience"])
                    self._judge.send({"stopped": True})

    def _start(self, app: Any) -> None:
        server = AppServer(app)
        try:
            server.start()
        except AppDidNotStart as error:
            cause = error.__cause__ or error
            place = place_in_folder(cause, self._folder, self._not_mine)
            message = {"not started": str(error), "place": vars(place) if place else None}
            self._judge.send(message)
            return
        self._server = server
        self._judge.send({"started": True})

    def _ask(self, message: dict[str, Any]) -> None:
        question = Question(
            message["method"], message["url"], unpack_pairs(message["headers"]),
            unpack(message["body"]),
        )  # fmt: skip
        exchange = Exchange(question.method, message["target"])
        assert self._server is not None
        told: dict[str, Any] = {"number": message["number"]}
        try:
            answer = self._server.call(
                ask(self._server, question, exchange, self._folder, self._not_mine)
            )
        except Exception as error:
            told["failed"] = [type(error).__name__, str(error)]
        else:
            told |= {
                "status": answer.status,
                "headers": pack_pairs(answer.headers),
                "content": pack(answer.content),
                "chunks": [pack(chunk) for chunk in answer.chunks],
                "consumed": answer.consumed,
            }
        told |= {name: exchange.data()[name] for name in ("handler", "error", "error_place")}
        with contextlib.suppress(Hung):
            self._judge.send(told)


def place_from(data: object) -> Place | None:
    """A place that a host has told of; None for none, or for what is no place."""
    if not isinstance(data, dict):
        return None
    try:
        place = Place(**data)
    except TypeError:
        return None
    typed = all(isinstance(getattr(place, f.name), int if f.name == "line" else str)
                for f in fields(Place))  # fmt: skip
    return place if typed else None
