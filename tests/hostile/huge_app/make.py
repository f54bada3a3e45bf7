"""Too large for Git; sparse, so that it costs nothing here."""

import os
from pathlib import Path


def make(workspace: Path) -> None:
    app = workspace / "katas/beginner/03_read_and_add_books/app.py"
    app.write_text("# a large file\n")
    os.truncate(app, 300 << 20)
