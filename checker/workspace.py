"""What the learner's files are, whether a suite was touched, and how work is kept aside."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checker import pristine
from checker.catalog import LEVELS, Kata, load_catalog
from checker.errors import CatalogError, CheckerError, KataFileError
from checker.files import (
    digest,
    digest_all,
    expand,
    files_below,
    names_file,
    read_or_none,
    write_whole,
)

FOREIGN = ("conftest.py", "pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "setup.cfg")
"""Files that would change how pytest runs a suite; none belongs into a kata's folder."""


@dataclass(frozen=True)
class Workspace:
    """A folder that holds ``katas``.

    Attributes:
        root: its absolute path.
    """

    root: Path

    @property
    def katas(self) -> Path:
        """The folder with the levels."""
        return self.root / "katas"

    @property
    def journal(self) -> Path:
        """The file that progress is remembered in."""
        return self.root / ".kata" / "journal.jsonl"

    @property
    def private(self) -> Path:
        """What the checker keeps for itself; nothing in it is meant for git."""
        return self.root / ".kata" / "private"

    @cached_property
    def catalog(self) -> tuple[Kata, ...]:
        """The workspace's katas, read when first asked for."""
        return load_catalog(self.katas)


def find_workspace(start: Path | None = None) -> Workspace:
    """Find the workspace that a folder lies in.

    Args:
        start: where to begin; the current folder when not given.

    Returns:
        The nearest one upwards. ``KATA_WORKSPACE`` in the environment wins when set.

    Raises:
        CatalogError: there is none.
    """
    named = os.environ.get("KATA_WORKSPACE")
    first = Path(named).resolve() if named else (start or Path.cwd()).resolve()
    for folder in [first] if named else [first, *first.parents]:
        if is_workspace(folder):
            return Workspace(folder)
    raise CatalogError(
        f"No kata workspace at {first} or above it. "
        "Change into your workspace, or make one with `checker init`."
    )


def is_workspace(folder: Path) -> bool:
    """Whether a folder holds katas."""
    return any((folder / "katas" / level).is_dir() for level in LEVELS)


def workspace_of(kata_folder: Path) -> Workspace | None:
    """The workspace that a kata's folder belongs to; None for a scratch copy."""
    level = kata_folder.parent
    if level.parent.name == "katas" and level.name in LEVELS:
        return Workspace(level.parent.parent)
    return None


def edit_names(kata: Kata) -> tuple[str, ...]:
    """The files that the learner edits, from the packed index when the kata is in it."""
    original = pristine.originals().get(kata.name)
    if original:
        return original.edit
    try:
        return kata.file.edit
    except KataFileError:
        return ("app.py",)  # one that cannot be read must not stop the others


def title_of(kata: Kata) -> str:
    """The kata's title, from the packed index when the kata is in it: no TOML is read then."""
    original = pristine.originals().get(kata.name)
    if original:
        return original.title
    try:
        return kata.title
    except KataFileError:
        return kata.folder.name.partition("_")[2].replace("_", " ").capitalize()


def main_file(kata: Kata) -> Path:
    """The file that the learner edits first."""
    return kata.folder / edit_names(kata)[0]


def last_edited(kata: Kata) -> float:
    """When the learner's files were last written, as a POSIX time; 0 when they are not there."""
    times = [0.0]
    for path in expand(kata.folder, edit_names(kata)).values():
        with contextlib.suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def learner_digest(kata: Kata) -> str:
    """One digest of the learner's files as they are now."""
    files = expand(kata.folder, edit_names(kata))
    return digest_all({name: read_or_none(path) for name, path in files.items()})


def is_untouched(kata: Kata, now: str) -> bool:
    """Whether ``now``, a digest of the learner's files, is that of the stub."""
    original = pristine.originals().get(kata.name)
    return original is not None and original.stub == now


def touched_files(kata: Kata) -> tuple[str, ...]:
    """The files of the suite that are not the original ones: changed, removed or added.

    A kata that is not packed (a maintainer's new one) has nothing to differ from. Its README
    may be written into: it judges nothing.
    """
    original = pristine.originals().get(kata.name)
    if original is None:
        return ()
    touched = []
    for name, wanted in original.files.items():
        if name == "README.md":
            continue
        content = read_or_none(kata.folder / name)
        if content is None or digest(content) != wanted:
            touched.append(name)
    added = [n for n in FOREIGN if n not in original.files and (kata.folder / n).exists()]
    return tuple(touched + added)


def reset_stub(workspace: Workspace, kata: Kata) -> tuple[Path | None, list[str]]:
    """Put the stub back; the learner's files are kept aside first.

    Returns:
        The folder that keeps the old files (None when there was nothing to keep), and the names
        of the files written.

    Raises:
        CheckerError: a file cannot be kept or written; nothing is overwritten unkept.
    """
    originals = _original_files(kata)
    names = edit_names(kata)
    wanted = {name: data for name, data in originals.items() if names_file(names, name)}
    present = {name: path for name, path in expand(kata.folder, names).items() if path.is_file()}
    return _put_back(workspace, kata, wanted, present)


def reset_suite(workspace: Workspace, kata: Kata) -> tuple[Path | None, list[str]]:
    """Put the suite and the given files back; the learner's own files stay.

    Returns:
        As for `reset_stub`.

    Raises:
        CheckerError: as for `reset_stub`.
    """
    originals = _original_files(kata)
    names = edit_names(kata)
    wanted = {name: data for name, data in originals.items() if not names_file(names, name)}
    present = {
        name: kata.folder / name
        for name in (*wanted, *FOREIGN)
        if not names_file(names, name) and (kata.folder / name).is_file()
    }
    return _put_back(workspace, kata, wanted, present)


def undo_reset(workspace: Workspace, kata: Kata) -> tuple[Path | None, list[str]]:
    """Bring the learner's files back that were kept last; those there now are kept first.

    Returns:
        As for `reset_stub`.

    Raises:
        CheckerError: nothing of this kata is kept, or as for `reset_stub`.
    """
    base = workspace.private / "kept" / kata.name
    folders = sorted(base.iterdir(), reverse=True) if base.is_dir() else []
    names = edit_names(kata)
    for folder in folders:
        mine = {n: path for n, path in files_below(folder).items() if names_file(names, n)}
        if mine:
            wanted = {name: path.read_bytes() for name, path in mine.items()}
            there = {name: kata.folder / name for name in wanted}
            present = {name: path for name, path in there.items() if path.is_file()}
            return _put_back(workspace, kata, wanted, present)
    raise CheckerError(f"No earlier version of {kata.name} is kept.")


def _original_files(kata: Kata) -> dict[str, bytes]:
    files = pristine.packed_files(f"katas/{kata.name}")
    if not files:
        raise CheckerError(
            f"{kata.name} is not packed into the checker, so its original is unknown. "
            "A maintainer packs it with `checker verify --pack`."
        )
    return files


def _put_back(
    workspace: Workspace, kata: Kata, wanted: dict[str, bytes], present: dict[str, Path]
) -> tuple[Path | None, list[str]]:
    differing = {
        name: path
        for name, path in present.items()
        if name not in wanted or digest(path.read_bytes()) != digest(wanted[name])
    }
    try:
        kept = keep_aside(workspace, kata, differing) if differing else None
        for name, path in differing.items():
            if name not in wanted:
                path.unlink()
        written = []
        for name, data in wanted.items():
            if name in differing or name not in present:
                write_whole(kata.folder / name, data)
                written.append(name)
    except OSError as error:
        raise CheckerError(
            f"{error.filename or kata.folder} cannot be written ({error.strerror}). "
            "Nothing was lost; mend the permissions and try again."
        ) from error
    return kept, written


def keep_aside(workspace: Workspace, kata: Kata, files: dict[str, Path]) -> Path:
    """Copy files into a new folder under the private one.

    Returns:
        That folder, named by kata and time; never one that was there before.

    Raises:
        OSError: it cannot be written.
    """
    import shutil

    stamp = time.strftime("%Y-%m-%d_%H-%M-%S")
    base = workspace.private / "kept" / kata.name
    for suffix in ("", *(f"_{count}" for count in range(2, 1000))):
        folder = base / f"{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            continue
    for name, path in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    return folder
