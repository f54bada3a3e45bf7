"""The judge's bench: pristine katas, unpacked, and which of their tests are judged from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker import pristine
from checker.candidate import reference_of, stub_of
from checker.catalog import load_catalog
from checker.errors import CheckerError
from checker.files import digest_all, files_below, names_file, read_or_none, write_whole
from checker.grade.known import KNOWN, KnownTest, read_known

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from checker.candidate import Candidate
    from checker.catalog import Kata


@dataclass(frozen=True)
class Case:
    """One kata as it is graded.

    Attributes:
        kata: the pristine one, unpacked into a scratch folder.
        digest: of its suite and its given files.
        stub: the digest of its stub's files.
        tests: the ids of its tests.
        outside: those of them that can be judged from outside.
        steps: how many of them are no guards.
        reference: the reference solution, which tries out whether this machine can judge.
    """

    kata: Kata
    digest: str
    stub: str
    tests: tuple[str, ...]
    outside: frozenset[str]
    steps: int
    reference: Candidate


def unpack(target: Path, names: Iterable[str] | None = None) -> list[Case]:
    """Unpack the originals.

    Args:
        target: an empty folder.
        names: the katas that are wanted; None for all.

    Raises:
        PristineError: the packed originals are missing or damaged.
        CheckerError: nothing is packed for a name.
    """
    wanted = list(pristine.originals() if names is None else names)
    for name in wanted:
        for part in ("katas", "solutions"):
            files = pristine.packed_files(f"{part}/{name}")
            if not files:
                raise CheckerError(
                    f"{name} is not packed into the checker, so that nobody can be graded in it. "
                    "A maintainer packs it with `checker verify --pack`."
                )
            for file, data in files.items():
                write_whole(target / part / name / file, data)
    known = read_known()
    missing = [name for name in wanted if name not in known]
    if missing:
        raise CheckerError(
            f"{missing[0]}: its tests are not listed in {KNOWN}, so that nobody can be graded in "
            "it. A maintainer lists them with `checker verify --outside`."
        )
    return [_case(kata, target, known[kata.name]) for kata in load_catalog(target / "katas")]


def _case(kata: Kata, target: Path, tests: list[KnownTest]) -> Case:
    files = files_below(kata.folder)
    own = {n: p.read_bytes() for n, p in files.items() if not names_file(kata.file.edit, n)}
    stub = {n: read_or_none(p) for n, p in stub_of(kata).files.items()}
    own.pop("README.md", None)  # it judges nothing
    return Case(
        kata,
        digest_all(own),
        digest_all(stub),
        tuple(test.id for test in tests),
        frozenset(test.id for test in tests if test.outside),
        sum(not test.guard for test in tests),
        reference_of(kata, target / "solutions" / kata.name),
    )


def is_missing(case: Case, files: dict[str, Path]) -> bool:
    """Whether none of the files that a learner edits is there."""
    return not any(names_file(case.kata.file.edit, name) for name in files)
