"""Serve a kata's app under a real server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx2

from tests.desk import Desk


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(desk: Desk, port: int) -> Iterator[httpx2.Client]:
    run = subprocess.Popen(
        [sys.executable, "-m", "checker", "serve", "hello", "--port", str(port)],
        cwd=desk.root,
        env=desk.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        run.terminate()
        run.wait(20)


def wait_for(client: httpx2.Client, path: str, status: int) -> httpx2.Response:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx2.TransportError):
            answer = client.get(path)
            if answer.status_code == status:
                return answer
        time.sleep(0.1)
    raise AssertionError(f"{path} did not answer {status}")


def test_the_app_is_served_with_its_docs_and_reloads_at_a_save(desk: Desk) -> None:
    with served(desk, free_port()) as client:
        assert wait_for(client, "/given", 200).json() == {"given": True}
        assert "text/html" in client.get("/docs").headers["content-type"]
        assert client.get("/hello/Ada").status_code == 404
        desk.solve()
        assert wait_for(client, "/hello/Ada", 200).json() == {"text": "Hello Ada"}


def test_a_taken_port_and_a_broken_app_are_told(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = desk.checker("serve", "hello", "--port", str(port))
    assert refused.code == 2
    assert f"Port {port} cannot be used" in refused.err
    desk.write("app = (\n")
    broken = desk.checker("serve", "hello", "--port", str(free_port()))
    assert broken.code == 2
    assert "syntax error in line 1" in broken.err
