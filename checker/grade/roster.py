"""The roster of a class: a CSV file, as Excel, Moodle, GitHub Classroom or a person writes it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.errors import CheckerError
from checker.grade.names import clean_name, key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_BYTES = 5_000_000
_ROWS = 20_000
_CELL = 500
_COLUMNS = {
    "name": "name fullname student studentname learner learnername participant displayname",
    "first": "firstname first givenname forename vorname",
    "last": "lastname last surname familyname nachname",
    "folder": "folder directory dir archive file path",
    "repository": "repository repo repositoryurl repourl url clone cloneurl studentrepositoryurl "
    "studentrepositoryname",
    "user": "githubuser githubusername github githublogin githubaccount githubname githubhandle "
    "username user login handle account",
    "email": "email emailaddress mail mailaddress",
    "identifier": "identifier rosteridentifier",
}
_MEANING = {spelling: name for name, many in _COLUMNS.items() for spelling in many.split()}


@dataclass(frozen=True)
class Person:
    """One row.

    Attributes:
        line: where it begins, from 1.
        name: never empty.
        folder: the folder or archive that the work is in.
        repository: its URL or name.
        user: at GitHub.
        email: an address that commits may carry.
    """

    line: int
    name: str
    folder: str = ""
    repository: str = ""
    user: str = ""
    email: str = ""


@dataclass(frozen=True)
class Roster:
    """A class.

    Attributes:
        source: the file, as it was given.
        people: in the order of the file.
        problems: whole sentences with line numbers about what could not be read.
    """

    source: str
    people: tuple[Person, ...]
    problems: tuple[str, ...] = ()


def read_roster(path: Path) -> Roster:
    """Read a roster.

    UTF-8 with or without a mark, UTF-16 with one, else Western European (with a remark);
    commas, semicolons or tabs; quotes as Excel sets them. The first row names the columns, in
    any order, case and spelling near ``name``, ``folder``, ``repository``, ``github user``,
    ``email``; ``first name`` with ``last name`` is a name too. Other columns are passed over.

    Raises:
        CheckerError: it cannot be read, or no column says who is who.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES + 1)
    except OSError as error:
        raise CheckerError(f"The roster {path} cannot be read ({error.strerror}).") from error
    if len(data) > _BYTES:
        raise CheckerError(f"The roster {path} is larger than {_BYTES // 1_000_000} MB.")
    text, problems = _decode(data)
    rows = _rows(text, problems)
    line, head = next(rows, (1, []))
    columns = _columns(head, line, path, problems)
    people: dict[tuple[str, ...], Person] = {}
    for number, cells in rows:
        if len(people) >= _ROWS:
            problems.append(f"Line {number}: no more than {_ROWS:,} rows are read.")
            break
        person = _person(number, cells, columns, len(head), problems)
        if person is None:
            continue
        same = (
            key(person.name),
            *(v.casefold() for v in (person.folder, person.repository, person.user, person.email)),
        )
        if same in people:
            problems.append(f"Line {number} says the same as line {people[same].line}.")
        people.setdefault(same, person)
    return Roster(str(path), tuple(people.values()), tuple(problems))


def _decode(data: bytes) -> tuple[str, list[str]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), []
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        words = (
            f"Line {line} is not UTF-8, so the file was read as Western European (Windows-1252): "
            "look whether accents are right."
        )
    try:
        return data.decode("cp1252"), [words]
    except UnicodeDecodeError:
        return data.decode("latin-1"), [words]


def _rows(text: str, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line that it begins at."""
    skipped = 0
    said = re.match(r"sep=(.)\r?\n", text)  # Excel's own way to name the separator
    if said:
        text, skipped = text[said.end() :], 1
    head = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    separator = said[1] if said else max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(f"Line {line} cannot be read ({error}).")
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _columns(head: Sequence[str], line: int, path: Path, problems: list[str]) -> dict[str, int]:
    """Where each known column stands."""
    columns: dict[str, int] = {}
    for place, title in enumerate(head):
        meaning = _MEANING.get(re.sub(r"[^a-z]", "", title.casefold()))
        if meaning in columns:
            problems.append(
                f"Line {line}: the column {clean_name(title)!r} says the same as "
                f"{clean_name(head[columns[meaning]])!r}, and is passed over."
            )
        elif meaning:
            columns[meaning] = place
    if not columns.keys() - {"first"}:
        titles = ", ".join(repr(clean_name(title, 20)) for title in head[:8]) or "nothing"
        raise CheckerError(
            f"The roster {path} must begin with a row that names its columns: name, and one of "
            f"folder, repository, github user, email. Line {line} has {titles}."
        )
    return columns


def _person(
    line: int, cells: Sequence[str], columns: dict[str, int], width: int, problems: list[str]
) -> Person | None:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        problems.append(
            f"Line {line} has {len(cells)} cells for {width} columns; is a comma not in quotes?"
        )

    def cell(column: str) -> str:
        place = columns.get(column, len(cells))
        return clean_name(cells[place], _CELL) if place < len(cells) else ""

    full = clean_name(f"{cell('first')} {cell('last')}")
    name = clean_name(cell("name")) or full or clean_name(cell("identifier"))
    identifier = cell("identifier")
    email = cell("email") or (identifier if "@" in identifier else "")
    user = cell("user").removeprefix("@").rstrip("/").rpartition("/")[2]
    name = name or user or email.partition("@")[0] or cell("folder")
    if not name:
        problems.append(f"Line {line} has no name, and is passed over.")
        return None
    return Person(line, name, cell("folder"), cell("repository"), user, email)
