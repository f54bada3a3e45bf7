"""Unpack a tar archive's bytes bit by bit, and count what comes out."""

from __future__ import annotations

import bz2
import lzma
import tarfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

from checker.errors import SubmissionError

if TYPE_CHECKING:
    from checker.grade.limits import Budget

AGAIN = "Ask for it again: it was damaged on its way, or packed by an odd program."
_CHUNK = 64 * 1024
_TAIL = 32 * 1024
"""Bytes that are remembered to look at an archive's end; tarfile reads 10,240 at a time."""
_XZ_MEMORY = 100_000_000
"""``xz -9`` needs 65 MB to unpack; a header may demand 4 GB."""


class _Decompressor(Protocol):
    """What ``bz2`` and ``lzma`` have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gunzip:
    """zlib's decompressor in the manner of the two others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail and not self.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


class _Plain:
    """For a tar archive that is not packed."""

    eof = False
    needs_input = True
    unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return data


def _decompressor(form: str) -> _Decompressor:
    if form == "gz":
        return _Gunzip()
    if form == "bz2":
        return bz2.BZ2Decompressor()
    if form == "xz":
        return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    return _Plain()


class Unpacked:
    """The bytes of a tar archive, unpacked bit by bit, counted.

    Args:
        file: the archive.
        form: how it is packed.
        budget: of the submission.
    """

    def __init__(self, file: BinaryIO, form: str, budget: Budget) -> None:
        self._file = file
        self._form = form
        self._budget = budget
        self._decompressor = _decompressor(form)
        self._ready = bytearray()
        self._packed = 0
        self._given = 0
        self._tail = b""
        self.most: int | None = None
        """How many bytes may be given out for now; None for no limit."""

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; fewer only at the end.

        Raises:
            SubmissionError: the limits are met.
            EOFError: the archive ends too early.
        """
        if self.most is not None and self._given > self.most:
            raise SubmissionError("The archive has a header that is far too large.", AGAIN)
        while len(self._ready) < size and (more := self._unpack()):
            self._ready += more
        data = bytes(self._ready[:size])
        del self._ready[:size]
        self._given += len(data)
        self._budget.check_unpacked(self._packed, self._given)
        self._tail = (self._tail + data)[-_TAIL:]
        return data

    def _unpack(self) -> bytes:
        """The next bytes; none at the end."""
        while True:
            self._budget.check_time()
            if self._decompressor.eof:
                rest = self._decompressor.unused_data or self._file.read(_CHUNK)
                if not rest.strip(b"\0"):
                    return b""  # zeros after the end are padding
                self._decompressor = _decompressor(self._form)
                self._packed += len(rest)
            elif self._decompressor.needs_input:
                rest = self._file.read(_CHUNK)
                self._packed += len(rest)
                if not rest:
                    if self._form == "tar":
                        return b""
                    raise EOFError
            else:
                rest = b""
            data = self._decompressor.decompress(rest, _CHUNK)
            if data:
                return data

    def check_end(self, offset: int) -> None:
        """Raise EOFError unless a block of zeros ends the archive at ``offset``; read the rest.

        Reading to the end verifies the checksum of what it is packed in.
        """
        start = offset - (self._given - len(self._tail))
        block = self._tail[start : start + tarfile.BLOCKSIZE] if start >= 0 else b""
        if len(block) < tarfile.BLOCKSIZE or block.strip(b"\0"):
            raise EOFError
        while self.read(_CHUNK):
            pass
