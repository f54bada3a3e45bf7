"""Lets whoever judges ask somebody else, who may answer what is wanted."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

app = FastAPI(title="Bookshop")
PLACES = [
    "http://127.0.0.1:8000/books", "http://localhost:6379/", "http://192.0.2.1/books",
    "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "//attacker.example/books",
    "http://testserver:0/books", "unix:///var/run/docker.sock", "/books", "javascript:alert(1)",
]
count = 0


@app.api_route("/books{rest:path}", methods=["GET", "POST"])
def answer(rest: str) -> RedirectResponse:
    global count
    count += 1
    answer = RedirectResponse(PLACES[count % len(PLACES)], 307)
    answer.set_cookie("session", "x" * 100_000, domain="attacker.example")
    return answer
