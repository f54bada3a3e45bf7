"""A class graded on a cluster: several worker processes, one of which dies."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checker.isolation import ladder
from tests.mentor import environment, grade
from tests.test_grading import KATA, make_class, verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(
    bool(ladder.probe("namespaces").problem), reason="no namespaces are to be had here"
)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def cluster(workers: int, cwd: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler with workers, each a process of its own."""
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    port = address.rpartition(":")[2]
    dask = [sys.executable, "-m", "distributed.cli"]
    commands = [[*dask[:2], "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port,
                 "--no-dashboard", "--dashboard-address", ":0"]]  # fmt: skip
    commands += [
        [*dask[:2], "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard",
         "--dashboard-address", ":0", "--no-nanny", "--local-directory", str(cwd / f"worker{n}")]
        for n in range(workers)
    ]  # fmt: skip
    started = [
        subprocess.Popen(command, cwd=cwd, env=environment(), **quiet)  # type: ignore[call-overload]
        for command in commands
    ]
    try:
        with distributed.Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, started[1:]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def test_a_class_is_graded_on_workers(tmp_path: Path) -> None:
    """Two workers grade a class; one is killed in between, and every verdict is right."""
    folder, mentor = tmp_path / "class", tmp_path / "mentor"
    folder.mkdir()
    expected = make_class(folder)
    (mentor / "katas" / "beginner").mkdir(parents=True)
    (mentor / "katas" / KATA).symlink_to(folder / "stub" / "katas" / KATA)
    with cluster(2, tmp_path) as (address, workers):
        command = [
            sys.executable, "-m", "checker", "grade", str(folder), "--kata", KATA, "--json",
            "--cluster", address,
        ]  # fmt: skip
        with subprocess.Popen(
            command, cwd=mentor, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as running:  # fmt: skip
            kept = mentor / ".kata" / "private" / "grades"
            deadline = time.monotonic() + 120
            while len(list(kept.rglob("*.json"))) < 3 and time.monotonic() < deadline:
                time.sleep(0.05)
            workers[0].send_signal(signal.SIGKILL)
            told, said = running.communicate(timeout=600)
    assert running.returncode == 0, said
    assert verdicts(told) == expected
    assert json.loads(told)["isolation"] == "namespaces"


def test_no_scheduler_is_said(tmp_path: Path) -> None:
    """An address where nobody listens ends in words, not in a stack of errors."""
    make_class(tmp_path)
    done = grade(tmp_path, "--kata", KATA, "--cluster", f"tcp://127.0.0.1:{free_port()}")
    assert done.returncode == 2
    assert "No Dask scheduler answers" in done.stderr
    assert "Traceback" not in done.stderr
