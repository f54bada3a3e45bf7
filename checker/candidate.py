"""A candidate: files that are laid over a kata's own to be judged.

The stub, the reference, a variant, a trap and somebody's submission are all the same thing; one
function stages them.
"""

from __future__ import annotations

import ast
import contextlib
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.files import expand, files_below, names_file, read_or_none

if TYPE_CHECKING:
    from pathlib import Path

    from checker.catalog import Kata

_FAILS = re.compile(r"^#?\s*Fails:\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Candidate:
    """Files to be judged.

    Attributes:
        role: ``stub``, ``reference``, ``variant``, ``trap`` or ``submission``.
        name: what tells it from others of its role; the file's or folder's name.
        files: the files by their name in the kata's folder.
        note: what its author wrote at its top.
        fails: for a trap, the tests that it must fail.
    """

    role: str
    name: str
    files: dict[str, Path]
    note: str = ""
    fails: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Role and name, as ``trap hard_coded``."""
        return f"{self.role} {self.name}" if self.name else self.role


def stub_of(kata: Kata) -> Candidate:
    """The kata's own files, as a candidate."""
    return Candidate("stub", "", expand(kata.folder, kata.file.edit))


def reference_of(kata: Kata, solution: Path) -> Candidate:
    """The reference solution; its files lie in the solution's folder itself."""
    return Candidate("reference", "", expand(solution, kata.file.edit))


def variants_of(kata: Kata, solution: Path) -> list[Candidate]:
    """The right answers that are written another way."""
    return _read_all(kata, solution / "variants", "variant")


def traps_of(kata: Kata, solution: Path) -> list[Candidate]:
    """The wrong answers, each with the tests that it must fail."""
    return _read_all(kata, solution / "traps", "trap")


def _read_all(kata: Kata, folder: Path, role: str) -> list[Candidate]:
    if not folder.is_dir():
        return []
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__")):
            continue
        # A single file stands for the file that the learner edits first.
        files = files_below(entry) if entry.is_dir() else {kata.file.edit[0]: entry}
        note = note_of(kata, files)
        fails = tuple(
            name.strip()
            for line in _FAILS.findall(note)
            for name in line.split(",")
            if name.strip()
        )
        found.append(
            Candidate(role, entry.stem if entry.is_file() else entry.name, files, note, fails)
        )
    return found


def note_of(kata: Kata, files: dict[str, Path]) -> str:
    """The docstring, or the leading comment, of the first of the candidate's files that has one."""
    order = [name for name in expand(kata.folder, kata.file.edit) if name in files]
    for name in (*order, *sorted(files)):
        data = read_or_none(files[name]) if name in files else None
        note = _note(name, data.decode(errors="replace")) if data else ""
        if note:
            return note
    return ""


def _note(name: str, text: str) -> str:
    if name.endswith(".py"):
        with contextlib.suppress(SyntaxError):
            return ast.get_docstring(ast.parse(text)) or ""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return "\n".join(lines)


def stage(kata: Kata, candidate: Candidate, target: Path) -> Path:
    """Copy a kata into a folder and lay a candidate's files over the editable ones.

    Args:
        kata: whose suite and given files are used.
        candidate: whose files are used where the learner edits.
        target: a new folder to fill.

    Returns:
        The folder to run the suite in.
    """
    folder = target / kata.level / kata.folder.name
    folder.mkdir(parents=True)
    own = {n: p for n, p in files_below(kata.folder).items() if not names_file(kata.file.edit, n)}
    for name, path in {**own, **candidate.files}.items():
        if path.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, folder / name)  # with its times, which compiled suites go by
    return folder


class Slots:
    """Folders to stage into, used again and again, so that a suite's compiled copy still fits.

    Args:
        base: the folder that they are made in.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._free: list[Path] = []
        self._made = 0

    def take(self) -> Path:
        """An empty folder that nobody uses."""
        if self._free:
            return self._free.pop()
        self._made += 1
        folder = self._base / f"slot{self._made}"
        folder.mkdir()
        return folder

    def give_back(self, folder: Path) -> None:
        """Empty a folder and let others use it."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        self._free.append(folder)
