"""Find a class's submissions in what a mentor has: folders, clones, archives, all mixed.

Nothing is opened here but folders: to look for workspaces, archives and bare repositories.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from checker.errors import CheckerError
from checker.grade.archives import is_archive
from checker.grade.folders import owner_and_repository, remote_of
from checker.grade.names import (
    archive_stem,
    clean_name,
    is_moodles,
    key,
    label_name,
    shown,
    without_assignment,
)
from checker.grade.repositories import author_of, is_repository
from checker.workspace import is_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.grade.roster import Person, Roster

_DEEPER = 2
"""Folders that a workspace may lie below a learner's own."""
_LOOKED_AT = 5000
"""Entries of a learner's folder that are looked at, all in all."""
_SECONDS = 5.0
"""How long git may take to say who wrote a commit."""
_PASSED_OVER = {"__MACOSX", "node_modules", "__pycache__", "venv"}
_UNREADABLE = (".rar", ".7z", ".gz", ".bz2", ".xz", ".zst", ".tar.zst", ".arj", ".cab")

Kind = Literal["folder", "archive", "repository", "missing"]


@dataclass(frozen=True)
class Submission:
    """Somebody's work, not opened yet.

    Attributes:
        name: the learner's; safe to show, unlike any other in the class, and never a path.
        source: where it was found, from the path that the mentor gave; safe to show.
        path: the workspace, archive or bare repository; None when there is none.
        kind: what ``path`` is; ``missing`` when there is none.
        problem: why there is nothing to open; "" when there is.
        advice: what the mentor can do about it; may be "".
        remarks: whole sentences about how it was found.
    """

    name: str
    source: str
    path: Path | None
    kind: Kind
    problem: str = ""
    advice: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Found:
    """A submission without a name.

    Attributes:
        labels: the names of the folders, and of the archive, that it lies in, outermost first.
        alone: whether the first label is the mentor's path itself.
    """

    labels: tuple[str, ...]
    source: str
    path: Path | None
    kind: Kind
    alone: bool = False
    problem: str = ""
    advice: str = ""
    remarks: tuple[str, ...] = ()


def find_submissions(paths: Sequence[Path], roster: Roster | None = None) -> list[Submission]:
    """Find the submissions in folders and archives.

    Each path may be a workspace (a folder that holds ``katas``), an archive, a bare repository,
    or a folder of folders and archives, where a workspace may lie up to two folders below a
    learner's own. Symbolic links below a path are not followed.

    A name is, in this order: that of the person in the roster whose folder, repository, GitHub
    user, e-mail address or name fits; the owner of the remote ``origin``, when no other
    submission's owner is the same (a class's organisation owns all of them); the folder's or the
    archive's, without what Moodle and GitHub Classroom add. Authors of commits are asked only
    for addresses of the roster: anybody can write anything there.

    Returns:
        The submissions by name, and one of kind ``missing`` for each person of the roster whom
        nothing fits.

    Raises:
        CheckerError: a path is not there, or cannot be read.
    """
    found: dict[str, _Found] = {}
    for path in paths:
        for one in _in_path(path):
            place = str(one.path.resolve()) if one.path else one.source
            found.setdefault(place, one)
    named = _named(list(found.values()), roster)
    return sorted(_unique(named), key=lambda s: (s.name.casefold(), s.source))


def _in_path(path: Path) -> Iterator[_Found]:
    source = clean_name(str(path), 400)
    name = path.name if path.name not in ("", "..") else path.resolve().name
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            if not is_archive(path):
                raise CheckerError(f"{source} is no folder and no zip or tar archive.")
            yield _Found((name,), source, path.resolve(), "archive", alone=True)
            return
    except OSError as error:
        raise CheckerError(f"{source} cannot be read ({error.strerror}).") from error
    if not stat.S_ISDIR(mode):
        raise CheckerError(f"{source} is no folder and no archive.")
    kind = _kind_of(path)
    if kind is not None:
        yield _Found((name,), source, path, kind, alone=True)
        return
    try:
        below = list(_in_class(path, source))
    except OSError as error:
        raise CheckerError(f"{source} cannot be read ({error.strerror}).") from error
    if not below:
        raise CheckerError(
            f"{source} holds no workspace and no archive. "
            "Pass a workspace (a folder with `katas` in it), an archive, or a folder of these."
        )
    if len(below) == 1 and is_moodles(name):
        below = [replace(below[0], labels=(name,))]
    elif len(below) > 1 and len({one.labels[0] for one in below}) == 1:
        below = [replace(one, labels=one.labels[1:]) for one in below]  # a folder round the class
    yield from below


def _in_class(folder: Path, source: str) -> Iterator[_Found]:
    """The submissions below a folder: one or more for each child."""
    children = _children(folder, None)
    folders = {child.name for child in children if child.is_dir(follow_symlinks=False)}
    for child in children:
        where = f"{source.rstrip('/')}/{shown(child.name)}"
        if child.is_symlink():
            yield _Found(
                (child.name,), where, None, "missing", problem="It is a symbolic link.",
                advice="Links are not followed: pass what it leads to.",
            )  # fmt: skip
        elif child.is_dir(follow_symlinks=False):
            yield from _in_child(Path(child.path), where)
        elif archive_stem(child.name) in folders:
            continue  # it was unpacked beside itself
        elif archive_stem(child.name) is not None:
            yield _Found((child.name,), where, Path(child.path), "archive")
        elif child.name.lower().endswith(_UNREADABLE):
            yield _unreadable(child.name, where)


def _in_child(folder: Path, source: str) -> Iterator[_Found]:
    below = list(_below(folder, (folder.name,), source, _DEEPER, iter(range(_LOOKED_AT))))
    good = [one for one in below if one.path is not None]
    if good:
        # What else lies there is part of nobody's work.
        yield from good if len(good) > 1 else [replace(good[0], labels=good[0].labels[:1])]
    elif below:
        yield replace(below[0], labels=below[0].labels[:1])
    else:
        yield _Found(
            (folder.name,), source, None, "missing",
            problem="The folder holds no workspace and no archive.",
            advice="The folder `katas` must be in it, at most two folders deep.",
        )  # fmt: skip


def _below(
    folder: Path, labels: tuple[str, ...], source: str, depth: int, left: Iterator[int]
) -> Iterator[_Found]:
    kind = _kind_of(folder)
    if kind is not None:
        yield _Found(labels, source, folder, kind)
        return
    try:
        children = _children(folder, left)
    except OSError as error:
        yield _Found(
            labels, source, None, "missing", problem=f"It cannot be read ({error.strerror})."
        )
        return
    folders = {child.name for child in children if child.is_dir(follow_symlinks=False)}
    for child in children:
        inner, where = (*labels, child.name), f"{source}/{shown(child.name)}"
        if child.is_dir(follow_symlinks=False):
            if depth:
                yield from _below(Path(child.path), inner, where, depth - 1, left)
        elif not child.is_file(follow_symlinks=False) or archive_stem(child.name) in folders:
            continue
        elif archive_stem(child.name) is not None:
            yield _Found(inner, where, Path(child.path), "archive")
        elif child.name.lower().endswith(_UNREADABLE):
            yield _unreadable(child.name, where, inner)


def _unreadable(name: str, source: str, labels: tuple[str, ...] = ()) -> _Found:
    kind = name.rpartition(".")[2].lower()
    return _Found(
        labels or (name.rpartition(".")[0],), source, None, "missing",
        problem=f"It is a .{kind} file, which cannot be opened here.",
        advice="Unpack it, and pass the folder; or ask for a zip.",
    )  # fmt: skip


def _kind_of(folder: Path) -> Kind | None:
    try:
        if is_workspace(folder) and not (folder / "katas").is_symlink():
            return "folder"
    except OSError:
        return None  # not readable; whoever lists it says so
    return "repository" if is_repository(folder) else None


def _children(folder: Path, left: Iterator[int] | None) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name, but what systems and tools put there.

    Args:
        folder: to list.
        left: gives something as long as one more entry may be looked at; None for no limit.
    """
    children = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if left is not None and next(left, None) is None:
                break
            if not entry.name.startswith((".", "~$")) and entry.name not in _PASSED_OVER:
                children.append(entry)
    return sorted(children, key=lambda entry: entry.name)


def _named(found: list[_Found], roster: Roster | None) -> list[tuple[Submission, str]]:
    """Name each; with what tells two of the same name apart."""
    matched = _match(found, roster) if roster else {}
    remotes = {id(one): remote_of(git) for one in found if (git := _git_of(one))}
    owners = [owner.casefold() for owner, _ in remotes.values()]
    labels = _labels(found)
    named = []
    for one in found:
        person = matched.get(id(one))
        owner = remotes.get(id(one), ("", ""))[0]
        name, number = label_name(labels[id(one)])
        if person is not None:
            name = person.name
        elif owner and owners.count(owner.casefold()) == 1 and not is_moodles(one.labels[0]):
            name = clean_name(owner)
        if len(one.labels) > 1 and person is None and not owner:
            name = f"{name}: {label_name(one.labels[-1])[0]}"
        submission = Submission(
            name or "without a name", one.source, one.path, one.kind, one.problem, one.advice,
            one.remarks,
        )  # fmt: skip
        named.append((submission, number))
    there = {id(person) for person in matched.values()}
    for person in roster.people if roster else ():
        if id(person) not in there:
            where = f"{clean_name(roster.source, 400) if roster else ''}:{person.line}"
            missing = Submission(
                person.name, where, None, "missing", problem="Nothing was handed in.",
                advice="Or it fits no row: look at folder, repository, user and email.",
            )  # fmt: skip
            named.append((missing, ""))
    return named


def _labels(found: list[_Found]) -> dict[int, str]:
    """The outermost label of each, without the assignment that Classroom puts before."""
    siblings = [one for one in found if not one.alone]
    first = [one.labels[0] for one in siblings]
    stems = [stem if (stem := archive_stem(label)) is not None else label for label in first]
    short = without_assignment(stems) if not any(map(is_moodles, first)) else first
    labels = {id(one): one.labels[0] for one in found}
    if len(set(stems)) > 1:
        labels |= {id(one): label for one, label in zip(siblings, short, strict=True)}
    return labels


def _git_of(found: _Found) -> Path | None:
    if found.path is None or found.kind == "archive":
        return None
    return found.path / ".git" if found.kind == "folder" else found.path


def _match(found: list[_Found], roster: Roster) -> dict[int, Person]:
    """Whose each submission is; a sign that fits two people of the roster is no sign."""
    signs = [_Signs(roster.people, column) for column in ("folder", "repository", "user", "name")]
    emails = _Signs(roster.people, "email")
    matched = {}
    for one in found:
        clues = _clues(one)
        person = next(filter(None, (s.person(clues) for s in signs)), None)
        person = person or emails.person(clues)
        git = _git_of(one)
        if person is None and git is not None and emails:
            author, address = author_of(git, _SECONDS)
            person = emails.person([("email", address.casefold())])
            person = person or signs[-1].person([("name", key(author))])
        if person is not None:
            matched[id(one)] = person
    return matched


def _clues(one: _Found) -> list[tuple[str, str]]:
    """What can be known of a submission's owner, the surest first."""
    clues = []
    for label in one.labels:
        stem = archive_stem(label) or label
        name = label_name(label)[0]
        clues += [("folder", label.casefold()), ("folder", stem.casefold())]
        clues += [("repository", stem.casefold()), ("user", stem.casefold())]
        # Classroom's `assignment-user`: each end of it could be the user.
        parts = stem.casefold().split("-")
        clues += [("user", "-".join(parts[start:])) for start in range(1, len(parts))]
        clues += [("email", stem.casefold()), ("name", key(name)), ("name", key(stem))]
    git = _git_of(one)
    owner, repository = remote_of(git) if git else ("", "")
    if owner:
        clues += [("repository", f"{owner}/{repository}".casefold()), ("user", owner.casefold())]
        clues += [("repository", repository.casefold())]
        parts = repository.casefold().split("-")
        clues += [("user", "-".join(parts[start:])) for start in range(1, len(parts))]
    return clues


class _Signs:
    """What one column of a roster says, and whom it means.

    Args:
        people: the roster's.
        column: a field of ``Person``.
    """

    def __init__(self, people: Sequence[Person], column: str) -> None:
        self._column = column
        self._people: dict[str, Person | None] = {}
        for person in people:
            for value in _spellings(column, getattr(person, column)):
                known = self._people.setdefault(value, person)
                if known is not person:
                    self._people[value] = None

    def __bool__(self) -> bool:
        return bool(self._people)

    def person(self, clues: Sequence[tuple[str, str]]) -> Person | None:
        """The one whom the first fitting clue means."""
        values = (value for column, value in clues if column == self._column and value)
        return next(filter(None, map(self._people.get, values)), None)


def _spellings(column: str, value: str) -> set[str]:
    """The forms of a roster's value that a clue may have."""
    text = value.strip().casefold()
    if column == "name":
        return {key(text)} - {""}
    if column == "folder":
        last = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
        return {last, archive_stem(last) or last} - {""}
    if column == "repository":
        text = text.rstrip("/").removesuffix(".git")
        owner, repository = owner_and_repository(text)
        if not owner and text.count("/") == 1:
            owner, _, repository = text.partition("/")
        return {f"{owner}/{repository}"} if owner else {text} - {""}
    return {text} - {""}


def _unique(named: list[tuple[Submission, str]]) -> Iterator[Submission]:
    """Make each name unlike all others, whatever the case."""
    count: dict[str, int] = {}
    for submission, _ in named:
        folded = submission.name.casefold()
        count[folded] = count.get(folded, 0) + 1
    taken: set[str] = set()
    for submission, number in named:
        name = submission.name
        if count[name.casefold()] > 1 and number:
            name = f"{name} {number}"
        again, base = 2, name
        while name.casefold() in taken:
            name, again = f"{base} ({again})", again + 1
        taken.add(name.casefold())
        remarks = submission.remarks
        if name != submission.name:
            remarks = (*remarks, f"Another submission is {submission.name}'s too.")
        yield replace(submission, name=name, remarks=remarks)
