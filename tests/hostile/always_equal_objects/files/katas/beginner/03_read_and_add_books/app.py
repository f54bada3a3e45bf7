"""Sends objects that say yes to every comparison."""

from typing import Any

from fastapi import FastAPI


class Yes:
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 0

    def __contains__(self, other: object) -> bool:
        return True


class YesText(Yes, str):
    __hash__ = str.__hash__

    def lower(self) -> "YesText":
        return self


class YesBytes(Yes, bytes):
    __hash__ = bytes.__hash__

    def decode(self, *_: Any, **__: Any) -> str:
        return YesText(bytes.decode(self))

    def lower(self) -> "YesBytes":
        return self

    def __radd__(self, other: bytes) -> "YesBytes":
        return self


class YesNumber(Yes, int):
    __hash__ = int.__hash__

    def __index__(self) -> int:
        return 200


class Shop(FastAPI):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        headers = [
            (YesBytes(b"content-type"), YesBytes(b"application/json")),
            (YesBytes(b"location"), YesBytes(b"/books/1")),
        ]
        status = YesNumber(201 if scope["method"] == "POST" else 200)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": YesBytes(b'{"id": 1}')})


app = Shop(title="Bookshop")
