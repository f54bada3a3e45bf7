"""The shop's store of pictures: one flat folder. Given: use it, do not edit it.

It does what it is told: a name goes to the file system just as it comes.
"""

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

folder = Path(os.environ.get("BOOKSHOP_COVERS") or Path(tempfile.gettempdir(), "bookshop-covers"))


def open_new(path: Path) -> BinaryIO:
    """Open a file that is not there yet."""
    return path.open("xb")


def create(name: str) -> BinaryIO:
    """Open a new file of the store, to write bytes into it and to close it.

    Raises:
        OSError: it cannot be made; a ``FileExistsError`` when the name is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return open_new(path(name))


def path(name: str) -> Path:
    """Where a file of the store lies, whether it is there or not."""
    return folder / name


def remove(name: str) -> None:
    """Delete a file of the store; nothing happens when it is not there."""
    path(name).unlink(missing_ok=True)
