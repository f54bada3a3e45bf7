"""A named pipe cannot be kept in Git."""

import os
from pathlib import Path


def make(workspace: Path) -> None:
    app = workspace / "katas/beginner/03_read_and_add_books/app.py"
    app.unlink(missing_ok=True)
    os.mkfifo(app)
    os.mkfifo(app.with_name("helper.py"))
