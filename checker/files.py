"""Reading, digesting and writing files the same way everywhere."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_LEFT_OUT = {"__pycache__", ".DS_Store", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


def normal(data: bytes) -> bytes:
    """The content with Unix line ends, so that a Windows checkout has the same digest."""
    return data.replace(b"\r\n", b"\n")


def digest(data: bytes) -> str:
    """A file's digest, 16 hexadecimal digits of SHA-256, the same for either line end."""
    return hashlib.sha256(normal(data)).hexdigest()[:16]


def digest_all(files: Mapping[str, bytes | None]) -> str:
    """One digest for several named files; None stands for a missing one."""
    whole = hashlib.sha256()
    for name in sorted(files):
        content = files[name]
        whole.update(f"{name}\0{'-' if content is None else digest(content)}\n".encode())
    return whole.hexdigest()[:16]


def read_or_none(path: Path) -> bytes | None:
    """The file's content; None when it is missing or cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def files_below(folder: Path) -> dict[str, Path]:
    """Every file below a folder by its relative POSIX name, caches left out, in order."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not _LEFT_OUT.intersection(relative.parts):
            found[relative.as_posix()] = path
    return found


def expand(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """The files that names of a ``kata.toml`` stand for; a name with a final / is a folder.

    A plain name is there even when its file is missing.
    """
    found: dict[str, Path] = {}
    for name in names:
        if name.endswith("/"):
            inner = files_below(folder / name) if (folder / name).is_dir() else {}
            found |= {f"{name}{relative}": path for relative, path in inner.items()}
        else:
            found[name] = folder / name
    return found


def names_file(names: Iterable[str], file: str) -> bool:
    """Whether one of the names stands for ``file``."""
    return any(file == name or (name.endswith("/") and file.startswith(name)) for name in names)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is never seen half written.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
