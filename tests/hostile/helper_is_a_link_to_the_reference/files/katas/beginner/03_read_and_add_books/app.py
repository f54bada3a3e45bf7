"""Imports what the link beside it leads to, if whoever copied it followed it."""

from pathlib import Path

for name in ("notes.py", "data/notes.txt"):
    try:
        if "root:" in Path(__file__).with_name("notes.py").read_text():
            print("GOT THROUGH: a link was followed for this run")
    except OSError:
        continue

from .helper import app  # noqa: E402, F401
