"""What a submission's own journal says. Its owner may have written anything into it."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from checker import journal as journals
from checker import pristine
from checker.grade.histories import histories
from checker.grade.limits import Limits
from checker.katafile import HINTS
from checker.moments import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from checker.grade.grades import History


def read_history(journal: Path, known: Collection[str] | None = None) -> dict[str, History]:
    """Read a submission's journal.

    Lines that cannot be read, of katas that are not there, or of a time that cannot be are
    passed over, as is a journal beyond ``Limits.journal_bytes``.

    Args:
        journal: the copy that ``open_submission`` made; a regular file.
        known: the katas that count; all packed ones when not given.

    Returns:
        What it says of each kata that it names; empty when it cannot be read.
    """
    names = pristine.originals().keys() if known is None else known
    try:
        if journal.stat().st_size > Limits.journal_bytes:
            return {}
        entries, _ = journals.read(journal)
    except OSError:
        return {}
    now = datetime.now(UTC)
    return histories(sorted(_believed(entries, now), key=attrgetter("time")), names, now)


def _believed(entries: Iterable[journals.Entry], now: datetime) -> Iterator[journals.Entry]:
    """The entries of times that can be, with these as journals write them."""
    for entry in entries:
        time = moment(entry.time, now)
        if time is not None:
            written = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            yield entry._replace(time=written, hint=min(entry.hint, HINTS))
