"""How much of a submission is read: enough for any honest one, and no more than a machine bears."""

from __future__ import annotations

import time
from dataclasses import dataclass

from checker.errors import SubmissionError

_AGAIN = "Ask for it again, without anything but the workspace's own files."


@dataclass(frozen=True)
class Limits:
    """What opening one submission may cost. None of it is taken from what an archive claims.

    Attributes:
        kata_files: files of one kata; the largest has eight.
        other_files: those among them that are neither Python nor named by the kata, as templates.
        file_bytes: bytes of one file; the largest in any kata has 50,000.
        journal_bytes: bytes of the journal; a run takes 200, so this is years of work.
        total_bytes: bytes that are copied of one submission.
        archive_bytes: bytes of the archive as it was handed in, an environment included.
        unpacked_bytes: bytes that a tar archive unpacks to. It is read from front to back, and
            a ``.venv`` somebody packed along has 400 MB.
        ratio: how many times larger than itself it may unpack to, once it is beyond
            ``ratio_from`` bytes. Source code reaches 10, deflate's utmost is 1,032.
        ratio_from: see ``ratio``.
        entries: files and folders that are looked at; a ``.venv`` has 27,000.
        path_characters: of a file's path; Windows' own limit is 260.
        path_depth: folders in a path.
        seconds: for the whole of it.
    """

    kata_files: int = 100
    other_files: int = 20
    file_bytes: int = 1_000_000
    journal_bytes: int = 10_000_000
    total_bytes: int = 50_000_000
    archive_bytes: int = 500_000_000
    unpacked_bytes: int = 2_000_000_000
    ratio: int = 200
    ratio_from: int = 50_000_000
    entries: int = 100_000
    path_characters: int = 400
    path_depth: int = 16
    seconds: float = 120.0


class Budget:
    """What is left of the limits while one submission is opened.

    Args:
        limits: that apply.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._end = time.monotonic() + limits.seconds
        self._entries = 0
        self._bytes = 0

    @property
    def seconds(self) -> float:
        """The time that is left, never negative."""
        return max(0.0, self._end - time.monotonic())

    def check_time(self) -> None:
        """Raise a SubmissionError when the time is over."""
        if time.monotonic() > self._end:
            raise SubmissionError(
                f"It takes longer than {self.limits.seconds:g} s to open.", _AGAIN
            )

    def count_entry(self) -> None:
        """Count one more file or folder; raises SubmissionError beyond the limit."""
        self._entries += 1
        if self._entries > self.limits.entries:
            raise SubmissionError(f"It holds more than {self.limits.entries:,} files.", _AGAIN)
        self.check_time()

    def count_bytes(self, number: int) -> None:
        """Count bytes that are copied; raises SubmissionError beyond the limit."""
        self._bytes += number
        if self._bytes > self.limits.total_bytes:
            raise SubmissionError(
                f"Its katas hold more than {self.limits.total_bytes // 1_000_000} MB.", _AGAIN
            )

    def check_unpacked(self, packed: int, unpacked: int) -> None:
        """Raise a SubmissionError when an archive unpacks to too much.

        Args:
            packed: the bytes that were read of it so far.
            unpacked: the bytes that came of them.
        """
        limits = self.limits
        if unpacked > limits.unpacked_bytes or (
            unpacked > limits.ratio_from and unpacked > limits.ratio * packed
        ):
            raise SubmissionError(
                f"It is an archive bomb: {packed:,} bytes of it unpack to more than {unpacked:,}.",
                _AGAIN,
            )
