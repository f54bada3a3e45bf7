"""What a folder, an archive and a repository have in common for the one who opens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FILE = "file"


@dataclass(frozen=True)
class Entry:
    """Something that is no folder.

    Attributes:
        name: its path with ``/``, as it was found: not checked.
        kind: ``FILE`` for a regular file, else what it is in words, as ``a symbolic link``.
        handle: what its source needs to read it.
    """

    name: str
    kind: str = FILE
    handle: Any = None


@dataclass(frozen=True)
class Refused:
    """Why a file could not be read, though the rest can.

    Attributes:
        reason: ends a sentence that begins with its name, as ``is larger than 1 MB``.
    """

    reason: str


class Source(Protocol):
    """Where a submission's files come from. Opened by ``with``."""

    def __enter__(self) -> Source: ...

    def __exit__(self, *exc: object) -> None: ...

    def commit(self) -> str:
        """The commit that the files are of, 40 hexadecimal digits; "" when not known."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Every entry that may matter, in any order, names unchecked.

        Raises:
            SubmissionError: the source is damaged, or too large.
        """
        ...

    def read(
        self, wanted: Sequence[Entry], most: Callable[[Entry], int]
    ) -> Iterator[tuple[Entry, bytes | Refused]]:
        """Read entries, in any order.

        Args:
            wanted: some of ``entries``, all of kind ``FILE``.
            most: how many bytes an entry may have.

        Raises:
            SubmissionError: the source is damaged.
        """
        ...


def too_large(most: int) -> Refused:
    """For a file beyond its limit."""
    return Refused(f"is larger than {most / 1_000_000:g} MB")
