"""Read zip and tar archives that strangers made. Nothing is ever extracted: bytes are read.

``zipfile`` and ``tarfile`` parse; they see the archive through a file that counts, so that no
header makes them take more memory or time than the limits allow. What they leave open is
answered here:

- a zip's sizes may lie, its entries may overlap (https://www.bamsoftware.com/hacks/zipbomb/): an
  entry is read up to its limit and its checksum is verified; overlapping entries are refused;
- bzip2 and LZMA inside a zip are refused: ``zipfile`` unpacks them without a bound;
- a tar's headers may be huge (long names, pax): they are bounded by the place where the next
  member must begin; ``tarfile`` ends silently at a damaged header: the end is verified.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from checker.errors import SubmissionError
from checker.grade.sources import FILE, Entry, Refused, Source, too_large
from checker.grade.unpacking import AGAIN, Unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from checker.grade.limits import Budget

_CHUNK = 64 * 1024
_HEADERS = 32 * 1024
"""Bytes that the headers of one tar member may have. tarfile searches them with patterns whose
time grows with the square of their length (CVE-2024-6232), and no honest one has 4,000."""
_DIRECTORY_ENTRY = 200
"""Bytes that an entry in a zip's directory has on average, at most."""
_TYPES = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_MAGIC = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
}


def kind_of_mode(mode: int) -> str:
    """What a file of this POSIX mode is: ``FILE``, or words."""
    kind = stat.S_IFMT(mode)
    return FILE if kind in (0, stat.S_IFREG) else _TYPES.get(kind, "no regular file")


def is_archive(path: Path) -> bool:
    """Whether a file begins as an archive does, whatever its name is.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return _form(file.read(512)) != ""


def open_archive(path: Path, budget: Budget) -> Source:
    """A zip or tar archive as a source.

    Raises:
        SubmissionError: it is none, or too large.
    """
    try:
        with _open(path) as file:
            if os.fstat(file.fileno()).st_size > budget.limits.archive_bytes:
                most = budget.limits.archive_bytes // 1_000_000
                raise SubmissionError(
                    f"The archive is larger than {most} MB.",
                    "Ask for it without `.venv` and `.git`.",
                )
            form = _form(file.read(512))
    except OSError as error:
        raise SubmissionError(f"The archive cannot be read ({error.strerror}).") from error
    if form in ("rar", "7z"):
        raise SubmissionError(
            f"It is a {form} archive, which cannot be opened here.",
            "Unpack it, and pass the folder; or ask for a zip.",
        )
    if not form:
        raise SubmissionError("It is no zip or tar archive, whatever its name says.", AGAIN)
    return _Zip(path, budget) if form == "zip" else _Tar(path, form, budget)


def _open(path: Path) -> BinaryIO:
    """Open a regular file, not through a link, and without waiting for a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY"):
        flags |= getattr(os, name, 0)
    if not stat.S_ISREG(path.lstat().st_mode):
        raise SubmissionError("It is no regular file.")
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SubmissionError("It is no regular file.")
    return file


def _form(head: bytes) -> str:
    for magic, form in _MAGIC.items():
        if head.startswith(magic):
            return form
    return "tar" if head[257:262] == b"ustar" or _is_old_tar(head) else ""


def _is_old_tar(head: bytes) -> bool:
    """Whether it is a header without a magic, as before POSIX: its checksum fits."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


@contextmanager
def _damage() -> Iterator[None]:
    """Whatever a parser raises over a stranger's bytes means that they are damaged."""
    try:
        yield
    except SubmissionError:
        raise
    except (RuntimeError, NotImplementedError) as error:
        if "encrypted" in str(error) or "password" in str(error):
            raise _encrypted() from error
        raise SubmissionError("The archive is damaged.", AGAIN) from error
    except (EOFError, tarfile.ReadError) as error:
        raise SubmissionError("The archive is damaged, or ends too early.", AGAIN) from error
    except Exception as error:
        raise SubmissionError("The archive is damaged.", AGAIN) from error


def _encrypted() -> SubmissionError:
    return SubmissionError("The archive is encrypted.", "Ask for one without a password.")


class _Counted:
    """A file that counts what is read of it and keeps the time.

    Args:
        file: to read from.
        budget: whose time is kept.
    """

    def __init__(self, file: BinaryIO, budget: Budget) -> None:
        self._file = file
        self._budget = budget
        self.left: int | None = None
        """Bytes that may still be read; None for no limit."""

    def read(self, size: int = -1) -> bytes:
        self._budget.check_time()
        if self.left is None:
            return self._file.read(size)
        data = self._file.read(self.left + 1 if size < 0 else min(size, self.left + 1))
        self.left -= len(data)
        if self.left < 0:
            raise SubmissionError("The archive's directory is too large.", AGAIN)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


class _Zip:
    """A zip archive."""

    def __init__(self, path: Path, budget: Budget) -> None:
        self._path = path
        self._budget = budget

    def __enter__(self) -> Source:
        self._file = _open(self._path)
        counted = _Counted(self._file, self._budget)
        # Reading the directory makes an object of each entry: this bounds their number.
        counted.left = self._budget.limits.entries * _DIRECTORY_ENTRY + 4 * _CHUNK
        try:
            with _damage():
                self._zip = zipfile.ZipFile(counted)
        except SubmissionError:
            self._file.close()
            raise
        counted.left = None
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def commit(self) -> str:
        """GitHub and ``git archive`` put the commit into the comment."""
        return _commit_in(self._zip.comment)

    def entries(self) -> Iterator[Entry]:
        self._refuse_overlap()
        for info in self._zip.infolist():
            self._budget.count_entry()
            if info.is_dir():
                continue
            # As it is stored: `filename` is cut at a zero byte and changed on Windows.
            yield Entry(info.orig_filename, kind_of_mode(info.external_attr >> 16), info)

    def _refuse_overlap(self) -> None:
        """Two entries that share bytes: no program packs so, a bomb does."""
        end = 0
        for info in sorted(self._zip.infolist(), key=lambda i: i.header_offset):
            if info.header_offset < end:
                raise SubmissionError("The archive's entries overlap, as those of a bomb.", AGAIN)
            end = info.header_offset + 30 + info.compress_size

    def read(
        self, wanted: Sequence[Entry], most: Callable[[Entry], int]
    ) -> Iterator[tuple[Entry, bytes | Refused]]:
        for entry in wanted:
            info: zipfile.ZipInfo = entry.handle
            if info.flag_bits & 0x2041:  # encrypted, strongly, or the directory is
                raise _encrypted()
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                yield entry, Refused("is packed by a method that is not read here")
                continue
            with _damage(), self._zip.open(info) as file:
                data = _read_up_to(file.read, most(entry))
            if isinstance(data, bytes) and len(data) != info.file_size:
                raise SubmissionError("The archive is damaged: a size in it is wrong.", AGAIN)
            yield entry, data


class _Tar:
    """A tar archive, packed or not, read from front to back: once to list, once to read."""

    def __init__(self, path: Path, form: str, budget: Budget) -> None:
        self._path = path
        self._form = form
        self._budget = budget
        self._commit = ""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def commit(self) -> str:
        return self._commit

    def entries(self) -> Iterator[Entry]:
        for number, (_, member) in enumerate(self._members()):
            self._budget.count_entry()
            if not member.isdir():
                yield Entry(member.name, _kind_of(member), number)

    def read(
        self, wanted: Sequence[Entry], most: Callable[[Entry], int]
    ) -> Iterator[tuple[Entry, bytes | Refused]]:
        by_number = {entry.handle: entry for entry in wanted}
        for number, (tar, member) in enumerate(self._members()):
            entry = by_number.pop(number, None)
            if entry is None:
                continue
            with _damage():
                file = tar.extractfile(member)
                if file is None:
                    raise EOFError
                data = _read_up_to(file.read, most(entry))
            yield entry, data
        if by_number:
            raise SubmissionError("The archive changed while it was read.", "Try again.")

    def _members(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        with _open(self._path) as file:
            stream = Unpacked(file, self._form, self._budget)
            stream.most = _HEADERS
            with _damage():
                tar = tarfile.open(  # noqa: SIM115 - it owns nothing that needs closing
                    fileobj=stream,  # type: ignore[call-overload]
                    mode="r|",
                    encoding="utf-8",
                    errors="surrogateescape",
                )
            while True:
                # The next member begins at `offset`, unless its headers are out of all measure.
                stream.most = tar.offset + _HEADERS
                with _damage():
                    member = tar.next()
                if member is None:
                    break
                tar.members.clear()  # it would keep them all
                stream.most = None
                self._commit = self._commit or _commit_in(tar.pax_headers.get("comment", ""))
                yield tar, member
            stream.most = None
            with _damage():
                stream.check_end(tar.offset)


def _kind_of(member: tarfile.TarInfo) -> str:
    if member.issparse():
        return "a sparse file"
    if member.isreg():
        return FILE
    if member.issym():
        return "a symbolic link"
    if member.islnk():
        return "a hard link"
    return "a pipe" if member.isfifo() else "a device" if member.isdev() else "no regular file"


def _read_up_to(read: Callable[[int], bytes], most: int) -> bytes | Refused:
    """A file's content to its very end, where its checksum is verified, unless it is too large."""
    data = bytearray()
    while chunk := read(_CHUNK):
        data += chunk
        if len(data) > most:
            return too_large(most)
    return bytes(data)


def _commit_in(comment: Any) -> str:
    text = comment.decode("ascii", "replace") if isinstance(comment, bytes) else str(comment)
    hexadecimal = len(text) == 40 and all(c in "0123456789abcdef" for c in text)
    return text if hexadecimal else ""
