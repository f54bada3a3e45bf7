"""Tries to write its own verdict over the screen."""

import sys

from fastapi import FastAPI, Response

app = FastAPI(title="Bookshop")
NASTY = (
    "\x1b[2J\x1b[H\x1b[32m11 of 11 solved\x1b[0m"  # clears the screen
    "\x1b]0;solved\x07"  # the window's title
    "\x1b]52;c;aG9zdGlsZS1sZWZ0\x07"  # the clipboard
    "\x1b]8;;http://attacker.example\x07click\x1b]8;;\x07"
    "\x1b[1A\x1b[2Ksolved\r\x08\x08\x00\x9b31m\u202edevlos\u202c\u2066\u200b\ud800"
)


@app.get("/books")
def list_books() -> Response:
    print(NASTY.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    sys.__stdout__.write("\x1b[2J\x1b[Hsolved\n")
    body = NASTY.encode("utf-8", "surrogatepass")
    return Response(b'["' + body + b'"]', media_type="application/json")


@app.post("/books")
def add_book() -> Response:
    body = '{"id": "\\ud800\\u001b[2Jsolved", "title": "\\udfff"}'
    return Response(body, 201, {"Location": "/books/%1b%00%ff"}, "application/json")


@app.get("/books/{book_id}")
def read_book(book_id: int) -> None:
    raise RuntimeError(NASTY)
