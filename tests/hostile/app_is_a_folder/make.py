"""A link cannot be relied on in every checkout."""

from pathlib import Path


def make(workspace: Path) -> None:
    app = workspace / "katas/beginner/03_read_and_add_books/app.py"
    app.unlink(missing_ok=True)
    app.mkdir()
    (app / "__init__.py").write_text("app = None\n")
    for name in ("-rf", "--help.py", "a\nb.py", "\x1b[2J.py", "x" * 250 + ".py", "\u202eyp.ppa", " .py"):
        (app.parent / name).write_text("")
    (app.parent / "deep").joinpath(*["d"] * 200).mkdir(parents=True)
