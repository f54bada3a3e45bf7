"""The journal: what was run and what came of it, one JSON object a line, only ever appended.

Two machines' journals join by union (see ``.gitattributes``), so lines may come in any order
and twice; each carries its time. A line that cannot be read is reported and passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from checker.verdict import Verdict

SCHEMA = 1


@dataclass(frozen=True)
class Entry:
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
        how: what ran it: ``pytest``, ``check``, ``watch``, ``editor``.
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


@dataclass(frozen=True)
class Damaged:
    """A line that could not be read.

    Attributes:
        line: counted from 1.
        problem: what is wrong with it.
    """

    line: int
    problem: str


def now() -> str:
    """The present time as journals write it."""
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
    entries, damaged = [], []
    seen: set[bytes] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line in seen:
            continue
        seen.add(line)
        try:
            entries.append(_parse(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            damaged.append(Damaged(number, f"{type(error).__name__}: {error}"))
    entries.sort(key=lambda entry: entry.time)
    return entries, damaged


def _line(entry: Entry) -> str:
    data: dict[str, Any] = {"v": SCHEMA, "time": entry.time, "kata": entry.kata, "what": entry.what}
    for name in ("verdict", "passed", "total", "seconds", "digest", "hint", "how"):
        value = getattr(entry, name)
        if value != Entry.__dataclass_fields__[name].default or (
            entry.what == "run" and name in ("passed", "total")
        ):
            data[name] = value
    return json.dumps(data, ensure_ascii=False) + "\n"


def _parse(data: dict[str, Any]) -> Entry:
    data.pop("v", None)
    known = {name: data[name] for name in data if name in _FIELDS}
    entry = Entry(**known)
    for name, kind in _FIELDS.items():
        if not isinstance(getattr(entry, name), kind):
            raise TypeError(f"{name} is no {kind.__name__ if isinstance(kind, type) else 'number'}")
    return entry


_FIELDS: dict[str, Any] = {
    "time": str,
    "kata": str,
    "what": str,
    "verdict": str,
    "passed": int,
    "total": int,
    "seconds": (int, float),
    "digest": str,
    "hint": int,
    "how": str,
}
