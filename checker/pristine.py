"""The original of every kata, packed into the checker.

The folders ``katas`` and ``solutions`` are the one source. ``checker verify --pack`` packs them
into ``checker/data``: ``pristine.zip`` holds the files, ``pristine.json`` the digests that
``status`` needs without opening the archive.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.errors import PristineError
from checker.files import digest, digest_all, expand, files_below, normal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.catalog import Kata

SHIPPED = Path(__file__).parent / "data"
ARCHIVE = "pristine.zip"
INDEX = "pristine.json"
SCHEMA = 1
_EPOCH = (2026, 1, 1, 0, 0, 0)
"""Every packed file carries this time, so that the same content gives the same archive."""


@dataclass(frozen=True)
class Original:
    """What is known of a kata's original without opening the archive.

    Attributes:
        name: the kata's name.
        title: its title, which listings show.
        edit: the files that the learner edits.
        stub: the digest of these files as shipped.
        files: the digest of every other file by its name in the kata's folder.
    """

    name: str
    title: str
    edit: tuple[str, ...]
    stub: str
    files: dict[str, str]


def data_folder() -> Path:
    """Where the packed katas lie: ``KATA_DATA`` for another set of katas, else the shipped ones."""
    return Path(os.environ.get("KATA_DATA") or SHIPPED)


def originals() -> dict[str, Original]:
    """The packed katas by name.

    Raises:
        PristineError: the index is missing or damaged.
    """
    return _read_index(data_folder())


@cache
def _read_index(data: Path) -> dict[str, Original]:
    path = data / INDEX
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Original(
                name, entry["title"], tuple(entry["edit"]), entry["stub"], entry["files"]
            )
            for name, entry in index["katas"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PristineError(
            f"{path} is missing or damaged ({error}). Install the checker again: pip install -e ."
        ) from error


def packed_files(prefix: str) -> dict[str, bytes]:
    """The packed files below a path, as ``katas/beginner/01_x``, by their names below it.

    Raises:
        PristineError: the archive is missing or damaged.
    """
    import zipfile

    data = data_folder()
    try:
        with zipfile.ZipFile(data / ARCHIVE) as archive:
            return {
                name.removeprefix(f"{prefix}/"): archive.read(name)
                for name in archive.namelist()
                if name.startswith(f"{prefix}/")
            }
    except (OSError, zipfile.BadZipFile) as error:
        raise PristineError(
            f"{data / ARCHIVE} is missing or damaged ({error}). "
            "Install the checker again: pip install -e ."
        ) from error


def pack(root: Path, catalog: Iterable[Kata]) -> bool:
    """Pack the katas and solutions of a repository.

    Args:
        root: the folder that holds ``katas`` and ``solutions``.
        catalog: the katas to index.

    Returns:
        Whether anything changed.
    """
    from checker.files import write_whole

    data = data_folder()
    archive, index = packed(root, catalog)
    changed = False
    for name, content in ((ARCHIVE, archive), (INDEX, index)):
        path = data / name
        if not path.is_file() or path.read_bytes() != content:
            write_whole(path, content)
            changed = True
    _read_index.cache_clear()
    return changed


def stale(root: Path, catalog: Iterable[Kata]) -> list[str]:
    """The files whose packed copy is not what the folders hold; empty when all are.

    Contents are compared, not archives: another zlib may compress the same files otherwise.
    """
    import io
    import zipfile

    data = data_folder()
    archive, index = packed(root, catalog)
    if not (data / ARCHIVE).is_file() or not (data / INDEX).is_file():
        return ["everything: nothing is packed yet"]
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as now,
        zipfile.ZipFile(data / ARCHIVE) as before,
    ):
        names = set(now.namelist()) | set(before.namelist())
        both = set(now.namelist()) & set(before.namelist())
        behind = sorted(n for n in names if n not in both or now.read(n) != before.read(n))
    if not behind and (data / INDEX).read_bytes() != index:
        behind = [INDEX]
    return behind


def packed(root: Path, catalog: Iterable[Kata]) -> tuple[bytes, bytes]:
    """The archive and the index, made from the folders.

    Raises:
        KataFileError: a kata.toml breaks the format.
    """
    import io
    import zipfile

    buffer = io.BytesIO()
    entries: dict[str, Any] = {}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for kata in catalog:
            entries[kata.name] = _entry(kata)
            for part in ("katas", "solutions"):
                for name, path in files_below(root / part / kata.name).items():
                    info = zipfile.ZipInfo(f"{part}/{kata.name}/{name}", _EPOCH)
                    info.compress_type = zipfile.ZIP_DEFLATED
                    info.external_attr = 0o644 << 16
                    archive.writestr(info, normal(path.read_bytes()))
    index = {"schema": SCHEMA, "katas": entries}
    return buffer.getvalue(), (json.dumps(index, indent=1, sort_keys=True) + "\n").encode()


def _entry(kata: Kata) -> dict[str, Any]:
    edited = expand(kata.folder, kata.file.edit)
    stub = {name: path.read_bytes() if path.is_file() else None for name, path in edited.items()}
    return {
        "title": kata.file.title,
        "edit": list(kata.file.edit),
        "stub": digest_all(stub),
        "files": {
            name: digest(path.read_bytes())
            for name, path in files_below(kata.folder).items()
            if name not in edited
        },
    }
