"""The client that suites speak HTTP with: an ``httpx2.Client`` that records each exchange."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2

from checker.harness.asking import Answer, Question, ask
from checker.harness.exchanges import Exchange, readable_headers, shorten_body

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from checker.harness.server import AppServer

BASE_URL = "http://testserver"


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


class RecordingTransport(httpx2.BaseTransport):
    """Carries requests to an app, and records them.

    Args:
        exchanges: where each exchange is appended.
    """

    def __init__(self, exchanges: list[Exchange]) -> None:
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
        return _reply(self.ask(Question.of(request, body), exchange), exchange)

    def ask(self, question: Question, exchange: Exchange) -> Answer:
        """Get the app's answer, and note in the exchange what became of it in the app."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop the app."""
        raise NotImplementedError


class AppTransport(RecordingTransport):
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
        super().__init__(exchanges)
        self.server = server
        self.folder = folder
        self.not_mine = not_mine

    def ask(self, question: Question, exchange: Exchange) -> Answer:
        """Get the app's answer on its own event loop."""
        return self.server.call(ask(self.server, question, exchange, self.folder, self.not_mine))

    def stop(self) -> None:
        """Stop the app."""
        self.server.stop()


def _reply(answer: Answer, exchange: Exchange) -> Reply:
    """The answer as suites read it.

    Raises:
        AssertionError: its body is not encoded as its header says.
    """
    headers = httpx2.Headers(answer.headers)
    exchange.status = answer.status
    exchange.got_headers = readable_headers(headers.multi_items(), sent=False)
    reply = Reply(answer.status, headers=headers, stream=httpx2.ByteStream(answer.content))
    asked = f"{exchange.method} {exchange.target}"
    try:
        exchange.got = shorten_body(reply.read())
    except httpx2.DecodingError:
        exchange.got = shorten_body(answer.content)
        raise AssertionError(
            f"{asked} answered with a body that is not encoded "
            f"as its Content-Encoding says: {headers['content-encoding']}."
        ) from None
    reply.status_code = Status(answer.status, asked)
    reply.chunks = answer.chunks
    reply.consumed = answer.consumed
    return reply


class Client(httpx2.Client):
    """An HTTP client for one running app; every method of ``httpx2.Client`` works as usual.

    An exception in the app becomes a plain 500, as a real server would answer; the exchange
    keeps the exception for the learner to read.

    Attributes:
        exchanges: every request of this test with its answer, in order.
    """

    def __init__(self, transport: RecordingTransport) -> None:
        super().__init__(transport=transport, base_url=BASE_URL, follow_redirects=True)
        self.exchanges = transport.exchanges

    def stop(self) -> None:
        """Stop the app as a server does: its lifespan ends, and no request reaches it any more."""
        transport: RecordingTransport = self._transport  # type: ignore[assignment]
        transport.stop()

    def together(self, *requests: httpx2.Request) -> list[httpx2.Response]:
        """Send several requests at once and wait for all answers.

        Args:
            requests: made with ``client.build_request("GET", "/books")``.

        Returns:
            The answers, in the order of the requests.
        """
        pending: list[Future[httpx2.Response]] = [Future() for _ in requests]

        def send(request: httpx2.Request, answer: Future[httpx2.Response]) -> None:
            try:
                answer.set_result(self.send(request))
            except BaseException as error:
                answer.set_exception(error)

        for request, answer in zip(requests, pending, strict=True):
            # Threads that nobody has to wait for: the app may never answer.
            threading.Thread(target=send, args=(request, answer), daemon=True).start()
        return [answer.result() for answer in pending]
