"""Whoever shows this answer without care runs what it says."""

from fastapi import FastAPI, HTTPException

app = FastAPI(title="<script>document.title='GOT' + ' THROUGH'</script>")
NASTY = [
    "<script>document.title='GOT' + ' THROUGH'</script>",
    "<img src=x onerror=\"document.title='GOT' + ' THROUGH'\">",
    "</script></style></td></table><h1>solved</h1>",
    "=HYPERLINK(\"http://attacker.example\",\"solved\")",
    "+1+1", "@SUM(1,1)", "-2+3", "\t=1+1",
    "| solved | 11/11 |\n|---|---|\n[solved](javascript:alert(1))",
    "::set-output name=score::100", "::error::nothing", "::stop-commands::x",
    "]]></failure></testcase><testcase name='solved'/>",
    "${{ github.token }}", "{{7*7}}", "%s%n{0}", "`solved`",
]


@app.get("/books")
def list_books() -> list[str]:
    print("\n".join(NASTY))
    return NASTY


@app.post("/books")
def add_book() -> None:
    raise HTTPException(500, NASTY)


@app.get("/books/{book_id}")
def read_book(book_id: int) -> None:
    raise RuntimeError("\n".join(NASTY))
