"""The gate, a middleware that turns requests away while the shop is closed. Given: use it as it is.

It is plain ASGI: it answers by itself, or it lets the request through to the app behind it.
"""

import logging
from typing import Protocol

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("bookshop.gate")


class Doorman(Protocol):
    """Whoever knows whether the shop is open."""

    def is_open(self) -> bool:
        """Say whether the shop is open now."""
        ...


class KindDoorman:
    """Never closes."""

    def is_open(self) -> bool:
        """Say yes."""
        return True


doorman: Doorman = KindDoorman()
"""Who is at the gate. The suite puts a doorman of its own here."""


class Gate:
    """Answers 503 to every request while the shop is closed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it here."""
        if scope["type"] != "http" or doorman.is_open():
            await self.app(scope, receive, send)
            return
        log.info("turned %s away", scope["path"])
        answer = JSONResponse({"detail": "The shop is closed."}, 503, {"Retry-After": "3600"})
        await answer(scope, receive, send)
