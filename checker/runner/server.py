"""The warm process: everything is imported, no thread runs, and each suite gets a forked child.

It reads requests from standard input and writes messages to standard output, one JSON object a
line:

    {"run": {…Spec…}}      start a run                 → {"run": 7, "event": {…}} …
    {"cancel": 7}          end a run                   → {"run": 7, "end": {…End…}, "seconds": 0.1}
    {"go": 7}              let a run that waits go on

Limits are enforced here, from outside: the whole process group of a child dies. When standard
input ends, every child is ended and the process goes.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import selectors
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from checker.isolation.usage import memory_of, tree_of
from checker.loading import forget_modules
from checker.processes import adopt_orphans, die_with_parent
from checker.runner import child, sifting
from checker.runner.spec import Spec
from checker.scratch import scratch_folder
from checker.services.imports import IMPORTS
from checker.verdict import End

if TYPE_CHECKING:
    from collections.abc import Iterable

_OUTPUT_BYTES = 4_000
_WEIGH_SECONDS = 0.05
"""How often the memory of caged runs is looked at; the first is a moment before it is too late."""
PRELOAD = (
    "anyio._backends._asyncio",
    "checker.plugin",
    "fastapi",
    "fastapi.telemetry._runtime",
    "httpx2",
    "pytest",
    "pytest_asyncio.plugin",
    "resource",
)
"""Imported before the first fork: what suites import anyway."""

WARM_KATA = {
    "kata.toml": """
title = "Warm up"
question = "?"
concepts = ["none"]
minutes = 1
edit = ["app.py"]
hints = ["a", "bb", "ccc"]
links = [{ title = "none", url = "https://example.org" }]
""",
    "app.py": """
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from pydantic import BaseModel, Field


class Thing(BaseModel):
    name: str = Field(min_length=1)


app = FastAPI()


@app.post("/things", status_code=201)
async def add(thing: Thing, number: Annotated[int, Query(ge=0)] = 1) -> Thing:
    return thing
""",
    "test_app.py": """
def test_warm(client, values):
    assert client.post("/things", json={"name": values.word()}).status_code == 201
    assert client.post("/things?number=x", json={}).status_code == 422
    assert client.get("/openapi.json").status_code == 200


def test_failing(client):
    assert client.get("/none").status_code == 200
""",
}
"""A suite that is run once in the warm process, to have done whatever a first run does."""


@dataclass
class _Run:
    """A child at work."""

    spec: Spec
    pid: int
    pipe: int
    output: IO[bytes]
    began: float | None
    go: int | None = None
    buffer: bytes = b""
    test_began: float | None = None
    end: End | None = None
    received: int = 0

    def due(self) -> float:
        """The moment at which a limit will be passed."""
        if self.began is None:
            return math.inf  # it waits for its word, and may do so for hours
        due = self.began + self.spec.suite_seconds
        if self.test_began is not None:
            due = min(due, self.test_began + self.spec.patience)
        return due


class Server:
    """Forks children for specs and relays what they send.

    Args:
        requests: the descriptor that requests come from.
        answers: the descriptor that messages go to.
        compiled: a folder for compiled suites.
    """

    def __init__(self, requests: int, answers: int, compiled: str) -> None:
        self._compiled = compiled
        self._requests = requests
        self._answers = answers
        self._buffer = b""
        self._runs: dict[int, _Run] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ)

    def serve(self) -> None:
        """Serve until the requests end."""
        try:
            while True:
                for key, _ in self._selector.select(self._patience()):
                    if key.fd == self._requests:
                        if not self._read_requests():
                            return
                    elif key.data is not None and key.fd in self._selector.get_map():
                        self._read_events(key.data)
                self._enforce()
        finally:
            for run in list(self._runs.values()):
                self._kill(run)
                self._reap(run)

    def _patience(self) -> float | None:
        if not self._runs:
            return None
        due = min(run.due() for run in self._runs.values())
        patience = None if due == math.inf else max(0.0, due - time.monotonic())
        if any(run.spec.cage is not None for run in self._runs.values()):
            return _WEIGH_SECONDS if patience is None else min(patience, _WEIGH_SECONDS)
        return patience

    def _read_requests(self) -> bool:
        data = os.read(self._requests, 1 << 16)
        if not data:
            return False
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            request = json.loads(line)
            if "run" in request:
                self._start(Spec(**request["run"]))
            elif "cancel" in request and request["cancel"] in self._runs:
                run = self._runs[request["cancel"]]
                run.end = End("cancelled")
                self._kill(run)
            elif "go" in request and request["go"] in self._runs:
                self._let_go(self._runs[request["go"]])
        return True

    def _let_go(self, run: _Run) -> None:
        if run.go is not None:
            run.began = time.monotonic()
            with contextlib.suppress(BrokenPipeError):
                os.write(run.go, b"!")
            os.close(run.go)
            run.go = None

    def _start(self, spec: Spec) -> None:
        for service in spec.services:
            preload(IMPORTS.get(service, ()))
        reader, writer = os.pipe()
        waiting, go = os.pipe() if spec.wait else (None, None)
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the run is reaped
        pid = os.fork()
        if pid == 0:
            if go is not None:
                os.close(go)
            self._become_child(spec, writer, waiting, output)
        os.close(writer)
        if waiting is not None:
            os.close(waiting)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        os.set_blocking(reader, False)
        began = None if spec.wait else time.monotonic()
        run = _Run(spec, pid, reader, output, began, go)
        self._runs[spec.run] = run
        self._selector.register(reader, selectors.EVENT_READ, run)

    def _become_child(
        self, spec: Spec, writer: int, waiting: int | None, output: IO[bytes]
    ) -> None:
        code = 70
        try:
            os.setpgid(0, 0)
            die_with_parent()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            self._selector.close()
            os.close(self._requests)
            os.close(self._answers)
            for run in self._runs.values():
                os.close(run.pipe)
                if run.go is not None:
                    os.close(run.go)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            sys.stdin = open(0, closefd=False)  # noqa: SIM115 - descriptor 0
            nursery = None
            if spec.cage is not None:
                from checker.runner.caged import go_into

                nursery = go_into(spec, writer)
            child.enter(spec)
            code = child.run_suite(
                spec,
                lambda line: child.write_all(writer, line),
                spec.compiled or self._compiled,
                lambda: wait_for_word(waiting),
                nursery,
            )
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            import traceback

            with contextlib.suppress(BaseException):
                os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    def _read_events(self, run: _Run) -> None:
        try:
            data = os.read(run.pipe, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            self._reap(run)
            return
        run.buffer += data
        run.received += len(data)
        *lines, run.buffer = run.buffer.split(b"\n")
        for line in lines:
            self._relay(run, line)
        if run.spec.cage is not None and (
            len(run.buffer) > sifting.MOST_LINE_BYTES or run.received > sifting.MOST_BYTES
        ):
            self._end(run, End("event limit", limit=sifting.MOST_BYTES))

    def _relay(self, run: _Run, line: bytes) -> None:
        if run.spec.cage is not None and not run.spec.outside:
            event = sifting.sift(line)
            if event is None:
                event = {"event": "nonsense"}
            line = json.dumps(event).encode()
        if line.startswith(b'{"event": "started"'):
            run.test_began = time.monotonic()
        elif line.startswith(b'{"event": "finished"'):
            run.test_began = None
        self._send_raw(b'{"run": %d, "event": %b}\n' % (run.spec.run, line))

    def _enforce(self) -> None:
        now = time.monotonic()
        for run in list(self._runs.values()):
            if run.end is None and now >= run.due():
                if now >= (run.began or now) + run.spec.suite_seconds:
                    self._end(run, End("suite limit", limit=run.spec.suite_seconds))
                else:
                    self._end(run, End("test limit", limit=run.spec.test_seconds))
            elif run.spec.cage is not None and run.end is None:
                self._weigh(run, run.spec.cage["memory_bytes"])

    def _weigh(self, run: _Run, most: int) -> None:
        """End a run whose processes have more memory together than they may."""
        if memory_of(tree_of(run.pid), most) > most:
            self._end(run, End("memory limit", limit=most))

    def _end(self, run: _Run, end: End) -> None:
        run.end = end
        self._kill(run)
        self._reap(run)

    def _kill(self, run: _Run) -> None:
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(run.pid, signal.SIGKILL)

    def _reap(self, run: _Run) -> None:
        """Take leave of a child that has closed its pipe: wait for it, end what it left."""
        if run.spec.run not in self._runs:
            return
        del self._runs[run.spec.run]
        self._selector.unregister(run.pipe)
        code = self._wait(run)
        self._kill_group(run)
        self._end_strays()
        os.close(run.pipe)
        if run.go is not None:
            os.close(run.go)
        end = run.end or End("exited", code)
        end = End(end.how, code, end.limit, _tail(run.output))
        run.output.close()
        seconds = 0.0 if run.began is None else time.monotonic() - run.began
        message = {"run": run.spec.run, "end": asdict(end), "seconds": seconds}
        self._send_raw(json.dumps(message).encode() + b"\n")

    def _wait(self, run: _Run) -> int:
        """The child's exit code, negative for a signal; a child that lingers is killed."""
        deadline = time.monotonic() + 1.0
        while True:
            pid, status = os.waitpid(run.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                self._kill(run)
                return os.waitstatus_to_exitcode(os.waitpid(run.pid, 0)[1])
            time.sleep(0.0005)

    def _kill_group(self, run: _Run) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(run.pid, signal.SIGKILL)

    def _end_strays(self) -> None:
        """End processes that a child left behind in a session of their own."""
        mine = {run.pid for run in self._runs.values()}
        for pid in children_of_this_process() - mine:
            with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    def _send_raw(self, line: bytes) -> None:
        child.write_all(self._answers, line)


def _tail(output: IO[bytes]) -> str:
    size = output.seek(0, 2)
    output.seek(max(0, size - _OUTPUT_BYTES))
    return output.read().decode(errors="replace")


def wait_for_word(waiting: int | None) -> None:
    """Block until the server says go; end the process when the server is gone."""
    if waiting is not None and not os.read(waiting, 1):
        os._exit(0)


def children_of_this_process() -> set[int]:
    """The direct children, where Linux tells them; empty elsewhere."""
    me = os.getpid()
    try:
        with open(f"/proc/{me}/task/{me}/children") as file:  # noqa: PTH123 - a hot path
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()


def preload(names: Iterable[str]) -> None:
    """Import what suites import, so that children find it there."""
    import importlib

    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if missing:
        gc.collect()
        gc.freeze()


def warm_up() -> None:
    """Run one tiny suite here, so that children find done whatever a first run does.

    It pulls in what pytest, FastAPI and the event loop import when they are first used, and
    leaves no thread behind.
    """
    with contextlib.suppress(Exception), tempfile.TemporaryDirectory(prefix="kata-warm-") as base:
        folder = Path(base).resolve() / "beginner" / "00_warm"
        folder.mkdir(parents=True)
        for file, text in WARM_KATA.items():
            (folder / file).write_text(text)
        child.run_suite(Spec(0, str(folder), str(folder)), lambda line: None)
        forget_modules()
        sys.modules.pop("test_app", None)


def main() -> None:
    """Serve on standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the client's to handle
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    for fd in (requests, answers):
        os.set_inheritable(fd, False)
    adopt_orphans()
    preload(PRELOAD)
    if sys.argv[1:] != ["imports"]:
        warm_up()
    gc.collect()
    gc.freeze()
    with contextlib.suppress(BrokenPipeError), scratch_folder() as compiled:
        Server(requests, answers, str(compiled)).serve()


if __name__ == "__main__":
    main()
