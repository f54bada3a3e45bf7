"""The client that suites speak HTTP with: an ``httpx2.Client`` that records each exchange."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2

from checker.harness.exchanges import (
    Exchange,
    place_in_folder,
    place_of_function,
    readable_headers,
    shorten_body,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, MutableMapping
    from pathlib import Path

    from checker.harness.server import AppServer

BASE_URL = "http://testserver"
CHUNK_BYTES = 64 << 10


class Status(int):
    """A status code that knows which request it answers, for messages."""

    asked: str

    def __new__(cls, code: int, asked: str) -> Status:
        """Make a status that behaves as the plain number ``code``."""
        made = super().__new__(cls, code)
        made.asked = asked
        return made


def status_words(code: int) -> str:
    """``404`` as ``404 Not Found``."""
    try:
        return f"{int(code)} {HTTPStatus(int(code)).phrase}"
    except ValueError:
        return str(int(code))


class JsonObject(dict[str, Any]):
    """A JSON object whose missing keys fail a test in plain words."""

    def __missing__(self, key: str) -> Any:
        """Fail: the answer lacks ``key``."""
        has = ", ".join(map(repr, self)) or "nothing"
        raise AssertionError(f"The answer has no {key!r}. It has {has}.")


class Reply(httpx2.Response):
    """An answer of the app.

    Attributes:
        chunks: the parts of the body as the app sent them, one item an ASGI message.
        consumed: how many bytes of the request's body the app has read.
    """

    chunks: list[bytes]
    consumed: int

    def json(self, **kwargs: Any) -> Any:
        """The body as JSON.

        Raises:
            AssertionError: the body is no JSON; a wrong answer, not an error of the suite.
        """
        try:
            return json.loads(self.content, object_hook=JsonObject, **kwargs)
        except ValueError:
            asked = f"{self.request.method} {self.request.url.raw_path.decode()}"
            raise AssertionError(
                f"{asked} answered {status_words(self.status_code)} with a body that is not "
                f"JSON: {shorten_body(self.content)[:120]!r}"
            ) from None


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


class AppTransport(httpx2.BaseTransport):
    """Carries requests to an app in this process, and records them.

    Args:
        server: the running app.
        folder: the kata's folder, to tell the learner's lines from the framework's.
        not_mine: the files in it whose lines are not the learner's.
        exchanges: where each exchange is appended.
    """

    def __init__(
        self,
        server: AppServer,
        folder: Path,
        not_mine: Collection[str],
        exchanges: list[Exchange],
    ) -> None:
        self.server = server
        self.folder = folder
        self.not_mine = not_mine
        self.exchanges = exchanges

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request to the app and wait for its whole answer."""
        body = request.read()
        exchange = Exchange(
            request.method,
            request.url.raw_path.decode(),
            shorten_body(body),
            readable_headers(request.headers.multi_items(), sent=True),
        )
        self.exchanges.append(exchange)
        return self.server.call(self._send(request, body, exchange))

    async def _send(self, request: httpx2.Request, body: bytes, exchange: Exchange) -> Reply:
        chunks: list[bytes] = []

        async def app(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            async def record(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.body" and message.get("body"):
                    chunks.append(message["body"])
                await send(message)

            scope["state"] = self.server.state.copy()
            try:
                await self.server.app(scope, receive, record)
            except Exception as error:
                exchange.error = f"{type(error).__name__}: {error}"
                exchange.error_place = place_in_folder(error, self.folder, self.not_mine)
                raise
            finally:
                exchange.handler = place_of_function(
                    scope.get("endpoint"), self.folder, self.not_mine
                )

        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        upload = _Upload(body)
        inner = httpx2.Request(request.method, request.url, headers=request.headers, stream=upload)
        try:
            answer = await transport.handle_async_request(inner)
        except AssertionError:
            # The transport asserts what ASGI demands: that an answer is begun, and ended.
            raise AssertionError(
                f"{exchange.method} {exchange.target} was never answered to its end: the app "
                "returned before it had sent a whole answer."
            ) from None
        content = await answer.aread()
        exchange.status = answer.status_code
        exchange.got = shorten_body(content)
        exchange.got_headers = readable_headers(answer.headers.multi_items(), sent=False)
        reply = Reply(
            answer.status_code,
            headers=answer.headers,
            stream=httpx2.ByteStream(content),
        )
        reply.status_code = Status(answer.status_code, f"{exchange.method} {exchange.target}")
        reply.chunks = chunks
        reply.consumed = upload.consumed
        return reply


class Client(httpx2.Client):
    """An HTTP client for one running app; every method of ``httpx2.Client`` works as usual.

    An exception in the app becomes a plain 500, as a real server would answer; the exchange
    keeps the exception for the learner to read.

    Attributes:
        exchanges: every request of this test with its answer, in order.
    """

    def __init__(self, transport: AppTransport) -> None:
        super().__init__(transport=transport, base_url=BASE_URL, follow_redirects=True)
        self.exchanges = transport.exchanges

    def together(self, *requests: httpx2.Request) -> list[httpx2.Response]:
        """Send several requests at once and wait for all answers.

        Args:
            requests: made with ``client.build_request("GET", "/books")``.

        Returns:
            The answers, in the order of the requests.
        """
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(self.send, requests))
