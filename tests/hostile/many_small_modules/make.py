"""Too many for Git."""

from pathlib import Path


def make(workspace: Path) -> None:
    kata = workspace / "katas/beginner/03_read_and_add_books"
    for outer in range(100):
        folder = kata / f"part{outer}"
        folder.mkdir(exist_ok=True)
        for inner in range(100):
            (folder / f"module{inner}.py").write_text("VALUE = 1\n")
