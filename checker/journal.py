"""The journal: what was run and what came of it, one JSON object a line, only ever appended.

Two machines' journals join by union (see ``.gitattributes``), so lines may come in any order
and twice; each carries its time. A line that cannot be read is reported and passed over.
"""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from checker.verdict import Verdict

SCHEMA = 1


class Entry(NamedTuple):
    """One line of the journal.

    Attributes:
        time: when, in UTC, as ISO 8601 to the millisecond (so that text order is time order).
        kata: the kata's name.
        what: ``run``, ``open``, ``hint``, ``solution`` or ``reset``.
        verdict: for a run, the verdict's kind.
        passed: for a run, how many steps passed.
        total: for a run, how many steps there are.
        seconds: for a run, how long it took.
        digest: of the learner's files at that time.
        hint: for a hint, which one, from 1.
        how: what ran it: ``pytest``, ``check``, ``watch``, ``editor``, ``ci``.
    """

    time: str
    kata: str
    what: str
    verdict: str = ""
    passed: int = 0
    total: int = 0
    seconds: float = 0.0
    digest: str = ""
    hint: int = 0
    how: str = ""


class Damaged(NamedTuple):
    """A line that could not be read.

    Attributes:
        line: counted from 1.
        problem: what is wrong with it.
    """

    line: int
    problem: str


def now() -> str:
    """The present time as journals write it."""
    from datetime import UTC, datetime

    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def entry_of_verdict(verdict: Verdict, how: str) -> Entry:
    """The journal's line for a run."""
    return Entry(
        now(),
        verdict.kata,
        "run",
        verdict.kind,
        verdict.passed,
        len(verdict.steps),
        verdict.seconds,
        verdict.digest,
        how=how,
    )


def append(path: Path, *entries: Entry) -> None:
    """Add lines, whole and under a lock.

    Raises:
        OSError: the journal cannot be written; the caller says so and goes on.
    """
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.parent / "private" / "journal.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=10), path.open("ab+") as file:
            # A writer that died in the middle of a line must not spoil the next one.
            file.seek(0, 2)
            start = b""
            if file.tell():
                file.seek(-1, 2)
                start = b"" if file.read(1) == b"\n" else b"\n"
            file.write(start + "".join(_line(entry) for entry in entries).encode())
    except Timeout as error:
        raise OSError(f"{lock} is held by another process") from error


def read(path: Path) -> tuple[list[Entry], list[Damaged]]:
    """Read the whole journal.

    Returns:
        The entries in order of time, and the lines that could not be read. A missing journal
        is an empty one.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    numbers = {line: number for number, line in enumerate(lines, 1) if line.strip()}
    data = _load_at_once(list(numbers))
    entries, damaged = [], []
    for (line, number), parsed in zip(numbers.items(), data, strict=True):
        try:
            entries.append(_parse(json.loads(line) if parsed is None else parsed))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            damaged.append(Damaged(number, f"{type(error).__name__}: {error}"))
    entries.sort(key=itemgetter(0))
    return entries, damaged


def _load_at_once(lines: list[bytes]) -> list[Any]:
    """Parse all lines in one call, which is far quicker; None for each when one is damaged."""
    try:
        data = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):  # the latter for brackets in brackets without end
        return [None] * len(lines)
    # Two damaged lines could make up for each other; each line must have given one object.
    return data if len(data) == len(lines) else [None] * len(lines)


def _line(entry: Entry) -> str:
    data: dict[str, Any] = {"v": SCHEMA, "time": entry.time, "kata": entry.kata, "what": entry.what}
    for name in ("verdict", "passed", "total", "seconds", "digest", "hint", "how"):
        value = getattr(entry, name)
        if value != Entry._field_defaults[name] or (
            entry.what == "run" and name in ("passed", "total")
        ):
            data[name] = value
    return json.dumps(data, ensure_ascii=False) + "\n"


def _parse(data: dict[str, Any]) -> Entry:
    get = data.get
    entry = Entry(
        data["time"],
        data["kata"],
        data["what"],
        get("verdict", ""),
        get("passed", 0),
        get("total", 0),
        get("seconds", 0.0),
        get("digest", ""),
        get("hint", 0),
        get("how", ""),
    )
    if tuple(map(type, entry)) not in _SHAPES:
        raise TypeError("a value has the wrong type")
    return entry


# The types of an entry's values; seconds may be a whole number.
_SHAPES = {(str, str, str, str, int, int, seconds, str, int, str) for seconds in (float, int)}
