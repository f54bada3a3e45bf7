"""Made here because such a file is large and breaks every tool that reads it."""

from pathlib import Path


def make(workspace: Path) -> None:
    app = workspace / "katas/beginner/03_read_and_add_books/app.py"
    lines = ["from fastapi import FastAPI", "app = FastAPI()"]
    lines += [f"a{n} = " + "(" * 90 + "1" + ")" * 90 for n in range(2000)]
    lines += ["b = " + "-" * 50_000 + "1"]
    lines += ["c = " + "+".join(["1"] * 200_000)]
    app.write_text("\n".join(lines) + "\n")
