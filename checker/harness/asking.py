"""The app's side of a request: asked on the app's own event loop, answered in plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from checker.harness.exchanges import place_in_folder, place_of_function

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, MutableMapping
    from pathlib import Path

    from checker.harness.exchanges import Exchange
    from checker.harness.server import AppServer

CHUNK_BYTES = 64 << 10


@dataclass(frozen=True)
class Question:
    """A request as it is put to an app.

    Attributes:
        method: as ``POST``.
        url: the whole of it.
        headers: pairs of bytes, as they are sent.
        body: the whole of it.
    """

    method: str
    url: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @staticmethod
    def of(request: httpx2.Request, body: bytes) -> Question:
        """The question that a client's request puts."""
        return Question(request.method, str(request.url), request.headers.raw, body)


@dataclass(frozen=True)
class Answer:
    """An app's whole answer, as it was sent.

    Attributes:
        status: the status code.
        headers: pairs of bytes.
        content: the body, perhaps compressed.
        chunks: its parts, one item an ASGI message.
        consumed: how many bytes of the request's body the app has read.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes
    chunks: list[bytes]
    consumed: int


class _Upload(httpx2.AsyncByteStream):
    """A request's body, handed to the app in parts as a network does."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.consumed = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), CHUNK_BYTES):
            part = self._body[start : start + CHUNK_BYTES]
            self.consumed += len(part)
            yield part


async def ask(
    server: AppServer,
    question: Question,
    exchange: Exchange,
    folder: Path,
    not_mine: Collection[str],
) -> Answer:
    """Put one request to a running app; it must be awaited on the app's loop.

    Args:
        server: the app.
        question: what is asked.
        exchange: gets the learner's function that answered, and the error that it raised.
        folder: the kata's folder, to tell the learner's lines from the framework's.
        not_mine: the files in it whose lines are not the learner's.

    Raises:
        AssertionError: the app returned before it had sent a whole answer.
    """
    chunks: list[bytes] = []

    async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        async def record(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body" and message.get("body"):
                chunks.append(message["body"])
            await send(message)

        scope["state"] = server.state.copy()
        try:
            await server.app(scope, receive, record)
        except Exception as error:
            exchange.error = f"{type(error).__name__}: {error}"
            exchange.error_place = place_in_folder(error, folder, not_mine)
            raise
        finally:
            exchange.handler = place_of_function(scope.get("endpoint"), folder, not_mine)

    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    upload = _Upload(question.body)
    request = httpx2.Request(question.method, question.url, headers=question.headers, stream=upload)
    try:
        answer = await transport.handle_async_request(request)
    except AssertionError:
        # The transport asserts what ASGI demands: that an answer is begun, and ended.
        raise AssertionError(
            f"{exchange.method} {exchange.target} was never answered to its end: the app "
            "returned before it had sent a whole answer."
        ) from None
    # As it was sent, perhaps compressed; the reply undoes that by itself when it is read.
    content = b"".join([part async for part in answer.aiter_raw()])
    return Answer(answer.status_code, answer.headers.raw, content, chunks, upload.consumed)
