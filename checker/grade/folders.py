"""Read a folder that somebody else filled, and may still be changing.

Where the system can (POSIX), every folder on the way is opened by its name in the one above,
never through a symbolic link, so that nothing changes between the look and the read. Elsewhere
(Windows) links and junctions are looked for before a file is opened, and the opened file is
compared with the one that was seen.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from checker.grade.archives import kind_of_mode
from checker.grade.sources import FILE, Entry, Refused, Source, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from checker.grade.limits import Budget

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that nobody writes to must not hold us up
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER = _FLAGS | getattr(os, "O_DIRECTORY", 0)


class Folder:
    """A workspace's folder as a source.

    Args:
        root: the workspace.
        places: the folders and files below it that matter, with ``/``.
        budget: of the submission.
    """

    def __init__(self, root: Path, places: Iterable[str], budget: Budget) -> None:
        self._root = root
        self._places = tuple(places)
        self._budget = budget

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def commit(self) -> str:
        """What HEAD names in ``.git``, read by hand: no program runs, no configuration counts."""
        return commit_of(self._root / ".git")

    def entries(self) -> Iterator[Entry]:
        """What lies in the places that matter, and what stands in the way to them."""
        seen: set[str] = set()
        for place in self._places:
            parts = tuple(place.split("/"))
            for end in range(1, len(parts) + 1):
                name = "/".join(parts[:end])
                kind = _kind_at(self._root, parts[:end])
                if kind == "":
                    if end == len(parts):
                        yield from self._below(parts)
                    continue
                if kind is not None and name not in seen:
                    seen.add(name)
                    yield Entry(name, kind)
                break

    def _below(self, parts: tuple[str, ...]) -> Iterator[Entry]:
        if len(parts) > self._budget.limits.path_depth:
            yield Entry("/".join(parts), "too deep")
            return
        folders = []
        try:
            with _listing(self._root, parts) as entries:
                for entry in entries:
                    self._budget.count_entry()
                    name = "/".join((*parts, entry.name))
                    try:
                        kind = _kind(entry.stat(follow_symlinks=False))
                    except OSError:
                        continue  # gone again
                    if kind == "":
                        folders.append(entry.name)
                    else:
                        yield Entry(name, kind)
        except OSError as error:
            yield Entry("/".join(parts), f"not readable ({error.strerror})")
        for name in sorted(folders):
            if name != "__pycache__":
                yield from self._below((*parts, name))

    def read(
        self, wanted: Sequence[Entry], most: Callable[[Entry], int]
    ) -> Iterator[tuple[Entry, bytes | Refused]]:
        """Read entries, each by the names of the folders on its way."""
        for entry in wanted:
            self._budget.check_time()
            yield entry, read_below(self._root, tuple(entry.name.split("/")), most(entry))


def read_below(root: Path, parts: tuple[str, ...], most: int) -> bytes | Refused:
    """A regular file's content; nothing is followed on the way below ``root``."""
    try:
        with _opened(root, parts) as descriptor:
            kind = _kind(os.fstat(descriptor))
            if kind != FILE:
                return Refused(f"is {kind or 'a folder'}")
            with os.fdopen(os.dup(descriptor), "rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        return Refused(f"cannot be read ({error.strerror})")
    return data if len(data) <= most else too_large(most)


def commit_of(git: Path) -> str:
    """The commit that a git directory's HEAD names, 40 hexadecimal digits; "" when unknown.

    A ``.git`` that is a file (a worktree, a submodule) points elsewhere, and is not followed.
    """
    head = _text(git, ("HEAD",))
    if not head.startswith("ref: "):
        return _commit(head)
    name = head.removeprefix("ref: ").strip()
    parts = tuple(name.split("/"))
    if parts[0] != "refs" or not all(parts) or {".", ".."} & set(parts) or "\\" in name:
        return ""
    loose = _commit(_text(git, parts))
    if loose:
        return loose
    for line in _text(git, ("packed-refs",), 10_000_000).splitlines():
        commit, _, packed = line.partition(" ")
        if packed == name:
            return _commit(commit)
    return ""


def remote_of(git: Path) -> tuple[str, str]:
    """Owner and repository of ``origin``; ("", "") when there is none that has an owner.

    ``config`` is read as text, by hand: what it tells git to run is never run.
    """
    section = ""
    for line in _text(git, ("config",), 100_000).splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text.replace(" ", "")
        elif section == '[remote"origin"]' and text.partition("=")[0].strip() == "url":
            return owner_and_repository(text.partition("=")[2].strip())
    return "", ""


def owner_and_repository(url: str) -> tuple[str, str]:
    """The last two parts of a repository's URL: ``git@host:ada/katas.git`` gives ada, katas."""
    if "://" not in url and "@" not in url:
        return "", ""  # a path on some disk
    path = url.partition("://")[2].partition("/")[2] if "://" in url else url.partition(":")[2]
    parts = [part for part in path.removesuffix(".git").split("/") if part]
    return (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")


def _text(git: Path, parts: tuple[str, ...], most: int = 4096) -> str:
    data = read_below(git.parent, (git.name, *parts), most)
    return "" if isinstance(data, Refused) else data.decode("utf-8", "replace")


def _commit(text: str) -> str:
    value = text.strip()
    return value if len(value) == 40 and not value.strip("0123456789abcdef") else ""


def _kind(found: os.stat_result) -> str:
    """Nothing ("") for a folder, ``FILE``, or words."""
    if getattr(found, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0):
        return "a link"  # Windows: a junction leads elsewhere too
    if stat.S_ISDIR(found.st_mode):
        return ""
    kind = kind_of_mode(found.st_mode)
    return (
        "a hard link, a second name of another file"
        if (kind == FILE and found.st_nlink > 1)
        else kind
    )


def _kind_at(root: Path, parts: tuple[str, ...]) -> str | None:
    """What is there, looked at without following; None for nothing."""
    try:
        with _parent(root, parts) as (name, folder):
            return _kind(os.stat(name, dir_fd=folder, follow_symlinks=False))
    except OSError:
        return None


@contextmanager
def _parent(root: Path, parts: tuple[str, ...]) -> Iterator[tuple[str, int | None]]:
    """The name of a file and the open folder that it lies in; a path and None on Windows."""
    if not _BY_DESCRIPTOR:
        path = root
        for part in parts[:-1]:
            path /= part
            if _kind(path.lstat()) != "":
                raise NotADirectoryError(20, "a part of its path is no folder")
        yield str(path / parts[-1]), None
        return
    # The root is as the mentor gave it, and may be a link.
    descriptor = os.open(root, _FOLDER & ~getattr(os, "O_NOFOLLOW", 0))
    try:
        for part in parts[:-1]:
            above = descriptor
            descriptor = os.open(part, _FOLDER, dir_fd=above)
            os.close(above)
        yield parts[-1], descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _opened(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """A file that was regular before it was opened (opening a device may do things)."""
    with _parent(root, parts) as (name, folder):
        before = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if _kind(before) != FILE:
            raise OSError(0, f"it is {_kind(before) or 'a folder'}")
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
        try:
            now = os.fstat(descriptor)
            if (now.st_ino, now.st_dev) != (before.st_ino, before.st_dev):
                raise OSError(0, "it changed meanwhile")
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _listing(root: Path, parts: tuple[str, ...]) -> Iterator[Iterator[os.DirEntry[str]]]:
    with _parent(root, parts) as (name, folder):
        if folder is None:
            with os.scandir(name) as entries:
                yield entries
            return
        descriptor = os.open(name, _FOLDER, dir_fd=folder)
        try:
            with os.scandir(descriptor) as entries:
                yield entries
        finally:
            os.close(descriptor)
