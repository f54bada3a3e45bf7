"""The client that suites speak HTTP with: over a real app, on its own event loop."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Response
from starlette.middleware.gzip import GZipMiddleware

from checker.harness.client import AppTransport, Client
from checker.harness.server import AppServer

app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size=10)
stopped: list[bool] = []


@app.get("/long")
async def long() -> dict[str, str]:
    return {"text": "x" * 1000}


@app.get("/lies")
async def lies() -> Response:
    return Response(b"plain", headers={"Content-Encoding": "gzip"})


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    server = AppServer(app)
    server.start()
    with Client(AppTransport(server, tmp_path, set(), [])) as made:
        yield made
    server.stop()


def test_a_compressed_answer_is_read_and_shown_unpacked(client: Client) -> None:
    answer = client.get("/long", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == {"text": "x" * 1000}
    assert '{"text":"xxx' in client.exchanges[-1].got
    assert gzip.decompress(b"".join(answer.chunks)) == answer.content  # type: ignore[attr-defined]


def test_a_wrong_content_encoding_is_said(client: Client) -> None:
    with pytest.raises(AssertionError, match="not encoded as its Content-Encoding says: gzip"):
        client.get("/lies")


def test_several_requests_at_once_come_back_in_their_order(client: Client) -> None:
    requests = [client.build_request("GET", f"/{n}") for n in range(5)]
    answers = client.together(*requests)
    assert [answer.request.url.path for answer in answers] == [f"/{n}" for n in range(5)]


def test_a_stopped_app_takes_no_request(client: Client) -> None:
    client.stop()
    with pytest.raises(RuntimeError, match="The app was stopped"):
        client.get("/long")
