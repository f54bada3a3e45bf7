"""Take out of a submission what is graded, and nothing else.

Of each kata, the learner's files come from the submission. Its suite, ``kata.toml``, page and
given files always come from the packed originals; the submission's copies are only compared, so
that a mentor knows of a changed one. Files that could steer pytest or Python itself are left out.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from checker import pristine
from checker.catalog import SUITE
from checker.errors import SubmissionError
from checker.files import digest, names_file
from checker.grade.archives import open_archive
from checker.grade.folders import Folder
from checker.grade.limits import Budget, Limits
from checker.grade.names import folded, shown, split_path, unportable
from checker.grade.repositories import Repository
from checker.grade.sources import FILE, Entry, Refused, Source
from checker.workspace import FOREIGN, edit_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.catalog import Kata
    from checker.grade.submissions import Submission

JOURNAL = (".kata", "journal.jsonl")
_DEEPER = 2
"""How many folders a workspace may lie below the top of an archive."""
_REMARKS = 20
"""Remarks that are kept of one kata, or of the whole: a thousand odd files make no report."""
_STEERING = {
    *FOREIGN,
    "pyproject.toml",
    "sitecustomize.py",
    "usercustomize.py",
    "pyvenv.cfg",
    ".coveragerc",
}
_CODE = (".pth", ".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo", ".egg-link")
_METADATA = (".dist-info", ".egg-info")
_SHADOWED = {
    "fastapi", "starlette", "pydantic", "pydantic_core", "pytest", "_pytest", "pluggy", "anyio",
    "httpx", "httpx2", "checker", "uvicorn",
}  # fmt: skip
_LEFTOVERS = ("~", ".swp", ".swo", ".bak", ".orig", ".rej", ".tmp", ".log")
_SYSTEMS = {"__MACOSX", "Thumbs.db", "desktop.ini", "Icon\r", "__pycache__", "node_modules", "venv"}


@dataclass(frozen=True)
class OpenedKata:
    """What a submission has of one kata.

    Attributes:
        files: the files to lay over the original, by their name in the kata's folder; ready to
            be a ``Candidate``'s.
        missing: the files that the learner edits and that are not there; a name with a final /
            is never among them.
        remarks: whole sentences about what was seen, for the mentor.
    """

    files: dict[str, Path] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """What was taken out of a submission.

    Attributes:
        folder: where it lies: ``katas/<level>/<kata>/`` and ``.kata/journal.jsonl`` below it.
        katas: every kata of the catalogue, by name.
        commit: the commit it is of, 40 hexadecimal digits; "" when not known. For a clone the
            files of its working tree are graded, which may differ from it.
        journal: the copy of its journal; None when it has none.
        remarks: whole sentences about the submission as a whole, for the mentor.
    """

    folder: Path
    katas: dict[str, OpenedKata]
    commit: str = ""
    journal: Path | None = None
    remarks: tuple[str, ...] = ()


def open_submission(
    submission: Submission, target: Path, catalog: Sequence[Kata], limits: Limits | None = None
) -> Opened:
    """Copy what is graded of a submission into a folder.

    Args:
        submission: where it is.
        target: a folder that is new or empty, which only we can write to.
        catalog: the katas to be graded.
        limits: how much may be read.

    Raises:
        SubmissionError: it cannot be opened, or holds none of the katas.
        PristineError: the packed originals cannot be read.
        OSError: ``target`` cannot be written.
    """
    if submission.path is None or submission.problem:
        raise SubmissionError(submission.problem or "Nothing was handed in.", submission.advice)
    budget = Budget(limits or Limits())
    taken = _Taken(target, catalog, budget)
    with ExitStack() as stack:
        try:
            source = stack.enter_context(_source(submission.kind, submission.path, taken, budget))
            taken.take(source)
        except OSError as error:
            if error.filename is not None and Path(error.filename).is_relative_to(target):
                raise
            raise SubmissionError(f"It cannot be read ({error.strerror}).") from error
        return taken.opened(source.commit())


def _source(kind: str, path: Path, taken: _Taken, budget: Budget) -> Source:
    if kind == "archive":
        return open_archive(path, budget)
    if kind == "repository":
        return Repository(path, budget)
    return Folder(path, taken.places, budget)


class _Taken:
    """What was taken so far.

    Args:
        target: the folder that is filled.
        catalog: the katas to look for.
        budget: of the submission.
    """

    def __init__(self, target: Path, catalog: Sequence[Kata], budget: Budget) -> None:
        self._target = target
        self._katas = {kata.name: kata for kata in catalog}
        self._edit = {kata.name: edit_names(kata) for kata in catalog}
        self._budget = budget
        self._files: dict[str, dict[str, Path]] = {name: {} for name in self._katas}
        self._remarks: dict[str, list[str]] = {name: [] for name in ("", *self._katas)}
        self._journal: Path | None = None

    @property
    def places(self) -> Iterator[str]:
        """The folders and files of a workspace that matter."""
        yield from (f"katas/{name}" for name in self._katas)
        yield "/".join(JOURNAL)

    def opened(self, commit: str) -> Opened:
        katas = {}
        for name, files in self._files.items():
            plain = (edit for edit in self._edit[name] if not edit.endswith("/"))
            missing = tuple(edit for edit in plain if edit not in files)
            katas[name] = OpenedKata(files, missing, tuple(self._remarks[name]))
        return Opened(self._target, katas, commit, self._journal, tuple(self._remarks[""]))

    def take(self, source: Source) -> None:
        """Find the workspace in a source, choose of its files, read and keep them."""
        found = self._find(source)
        wanted: list[tuple[str, str, Entry]] = []
        for kata, entries in found.items():
            chosen = self._choose(kata, entries) if kata else entries.items()
            wanted += ((kata, name, entry) for name, entry in chosen)
        places = {id(entry): (kata, name) for kata, name, entry in wanted}
        limits = self._budget.limits

        def most(entry: Entry) -> int:
            return limits.file_bytes if places[id(entry)][0] else limits.journal_bytes

        for entry, data in source.read([entry for _, _, entry in wanted], most):
            kata, name = places[id(entry)]
            if isinstance(data, Refused):
                own = kata and name in self._compared(kata)
                end = "the original was used" if own else "it was left out"
                self._remark(kata, f"{shown(name)} {data.reason}; {end}.")
            else:
                self._keep(kata, name, data)

    def _find(self, source: Source) -> dict[str, dict[str, Entry]]:
        """The entries of each kata by name, those of the journal under ""."""
        by_prefix: dict[tuple[str, ...], dict[str, dict[str, Entry]]] = {}
        packed = False
        for entry in source.entries():
            parts = split_path(entry.name)
            if isinstance(parts, str):
                self._remark("", f"The path {shown(entry.name)!r} {parts}; it was left out.")
                continue
            packed = packed or (len(parts) <= 3 and parts[-1:] != () and _looks_packed(parts[-1]))
            place = self._place(parts, entry)
            if place is None:
                continue
            prefix, kata, name = place
            of_kata = by_prefix.setdefault(prefix, {}).setdefault(kata, {})
            if name in of_kata:
                of_kata[name] = Entry(entry.name, "there twice")
            else:
                of_kata[name] = entry
        with_katas = [prefix for prefix, found in by_prefix.items() if any(found)]
        if not with_katas:
            raise self._nothing(packed)
        least = min(map(len, with_katas))
        tops = [prefix for prefix in with_katas if len(prefix) == least]
        if len(tops) > 1:
            raise SubmissionError(
                f"It holds {len(tops)} workspaces, and only one can be meant.",
                "Unpack it, and pass the folder that it gives.",
            )
        return by_prefix[tops[0]]

    def _nothing(self, packed: bool) -> SubmissionError:
        why = " ".join(self._remarks[""][:3])
        if packed:
            return SubmissionError(
                f"It holds archives, and no workspace of its own. {why}".strip(),
                "Unpack it, and pass the folder that it gives.",
            )
        return SubmissionError(
            f"It holds none of the katas that are graded. {why}".strip(),
            "The folder `katas` with its levels must be in it, at most two folders deep.",
        )

    def _place(
        self, parts: tuple[str, ...], entry: Entry
    ) -> tuple[tuple[str, ...], str, str] | None:
        """Where an entry belongs: what stands before the workspace, the kata, the file's name."""
        for depth in range(min(_DEEPER + 1, len(parts))):
            prefix, rest = parts[:depth], parts[depth:]
            if rest == JOURNAL:
                if entry.kind == FILE:
                    return prefix, "", rest[-1]
                self._remark("", f"The journal is {entry.kind}, and was left out.")
                return None
            if rest[0] == "katas" and "__MACOSX" not in prefix:
                kata = "/".join(rest[1:3])
                if len(rest) > 3 and kata in self._katas:
                    return prefix, kata, "/".join(rest[3:])
                if entry.kind != FILE and (len(rest) < 3 or kata in self._katas):
                    self._remark("", f"{shown('/'.join(parts))} is {entry.kind}: not followed.")
                return None
        return None

    def _choose(self, kata: str, entries: dict[str, Entry]) -> Iterator[tuple[str, Entry]]:
        """Those of a kata's entries that are read, the learner's own files first."""
        limits = self._budget.limits
        edit = self._edit[kata]
        own = self._compared(kata)
        claimed: dict[str, tuple[str, ...]] = {}
        count = others = 0
        order = sorted(entries, key=lambda n: (n not in own, not names_file(edit, n), n))
        for name in order:
            entry = entries[name]
            parts = tuple(name.split("/"))
            if name in own:
                if entry.kind == FILE:
                    claimed.update(_claims(parts))
                    yield name, entry
                elif name != "README.md":
                    self._remark(kata, f"{name} is {entry.kind}; the original was used.")
                continue
            edited = names_file(edit, name)
            why = self._why_not(parts, entry, edited)
            if why is None:
                continue
            other = not edited and not name.endswith(".py")
            if not why and any(claimed.get(k, v) != v for k, v in _claims(parts).items()):
                why = "has the name of another file, but for capital letters or for being a folder"
            elif not why and (
                count >= limits.kata_files or (other and others >= limits.other_files)
            ):
                why = "is one file too many"
            if why:
                self._remark(kata, f"{shown(name)} {why}; it was left out.")
                continue
            claimed.update(_claims(parts))
            count += 1
            others += other
            yield name, entry

    def _why_not(self, parts: tuple[str, ...], entry: Entry, edited: bool) -> str | None:
        """Why a file is left out: "" when it is not, None when nobody needs to know."""
        limits = self._budget.limits
        file = parts[-1]
        lower = [part.casefold() for part in parts]
        if _SYSTEMS.intersection(parts) or any(part.startswith(".") for part in parts[:-1]):
            return None
        if lower[-1] in _STEERING:
            return "would steer pytest or Python"
        if file.startswith((".", "#")):
            return None
        if lower[-1].endswith(_CODE) or any(part.endswith(_METADATA) for part in lower):
            return "is no source code, and could run all the same"
        if not edited and lower[0].partition(".")[0] in _SHADOWED:
            return "would hide an installed package"
        if file.endswith(_LEFTOVERS) and not edited:
            return None
        if len("/".join(parts)) > limits.path_characters or len(parts) > limits.path_depth:
            return "has too long a path"
        odd = next(filter(None, map(unportable, parts)), "")
        if odd:
            return odd
        return "" if entry.kind == FILE else f"is {entry.kind}"

    def _compared(self, kata: str) -> dict[str, str | None]:
        """The files that come from the original, with their digest when it is packed."""
        original = pristine.originals().get(kata)
        if original is not None:
            return dict(original.files)
        given = self._katas[kata].file.given  # a maintainer's kata that is not packed yet
        return dict.fromkeys((SUITE, "kata.toml", "README.md", *given))

    def _keep(self, kata: str, name: str, data: bytes) -> None:
        if not kata:
            path = self._target.joinpath(*JOURNAL)
            _write(path, data)
            self._journal = path
            return
        compared = self._compared(kata)
        if name in compared:
            wanted = compared[name]
            if name != "README.md" and wanted is not None and digest(data) != wanted:
                self._remark(kata, f"{name} was changed; the original was used.")
            return
        self._budget.count_bytes(len(data))
        path = self._target.joinpath("katas", *PurePosixPath(kata).parts, *name.split("/"))
        _write(path, data)
        self._files[kata][name] = path

    def _remark(self, kata: str, words: str) -> None:
        remarks = self._remarks[kata]
        if len(remarks) < _REMARKS:
            remarks.append(words)
        elif len(remarks) == _REMARKS:
            remarks.append("There is more of this kind.")


def _claims(parts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What a file takes for itself: its name, and those of its folders, however they are cased."""
    claims = {folded(parts[:end]): (*parts[:end], "/") for end in range(1, len(parts))}
    return {**claims, folded(parts): parts}


def _looks_packed(name: str) -> bool:
    return name.lower().endswith((".zip", ".tgz", ".gz", ".xz", ".bz2", ".tar", ".rar", ".7z"))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
