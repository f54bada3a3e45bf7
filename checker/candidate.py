"""A candidate: files that are laid over a kata's own to be judged.

The stub, the reference, a variant, a trap and somebody's submission are all the same thing; one
function stages them.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.files import expand, files_below, names_file, read_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        if entry.is_dir():
            files = files_below(entry)
        else:
            # A single file stands for the file that the learner edits first.
            files = {kata.file.edit[0]: entry}
        note = note_of(kata, files)
        fails = tuple(
            name.strip() for line in _FAILS.findall(note) for name in line.split(",") if name.strip()
        )
        found.append(Candidate(role, entry.stem if entry.is_file() else entry.name, files, note, fails))
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
            shutil.copyfile(path, folder / name)
    return folder


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder that is gone afterwards, also when an earlier process died and left its own."""
    base = Path(tempfile.gettempdir())
    for left in base.glob("kata-scratch-*-*"):
        owner = left.name.split("-")[2]
        if owner.isdigit() and not _is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"kata-scratch-{os.getpid()}-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    if os.name != "posix":
        return True  # os.kill would end it; a left folder costs less than a lost one
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
