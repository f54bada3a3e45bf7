"""A link cannot be relied on in every checkout."""

from pathlib import Path


def make(workspace: Path) -> None:
    app = workspace / "katas/beginner/03_read_and_add_books/app.py"
    app.unlink(missing_ok=True)
    app.symlink_to("/etc/passwd")
