"""A link cannot be relied on in every checkout."""

import shutil
from pathlib import Path


def make(workspace: Path) -> None:
    import checker

    kata = workspace / "katas/beginner/03_read_and_add_books"
    shutil.rmtree(kata)
    kata.symlink_to(Path(checker.__file__).resolve().parents[1] / "solutions" / kata.relative_to(workspace / "katas"))
