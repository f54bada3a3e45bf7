"""Tells the submission which process namespace it must not be in to send a signal to everybody."""

import os
from pathlib import Path


def make(workspace: Path) -> None:
    app = workspace / "katas/beginner/03_read_and_add_books/app.py"
    outside = os.stat("/proc/self/ns/pid").st_ino if os.path.exists("/proc/self/ns/pid") else 0
    app.write_text(app.read_text().replace("OUTSIDE = 0", f"OUTSIDE = {outside}", 1))
