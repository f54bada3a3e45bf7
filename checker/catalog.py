"""Which katas are there: a kata is a folder, and nothing else lists it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checker.errors import CatalogError, UnknownKata
from checker.katafile import KataFile, read_kata_file

LEVELS = ("beginner", "mid", "senior")
SUITE = "test_app.py"
_FOLDER = re.compile(r"(\d\d+)_([a-z0-9]+(?:_[a-z0-9]+)*)")


@dataclass(frozen=True)
class Kata:
    """One kata's folder.

    Attributes:
        level: one of ``LEVELS``.
        number: its place in the level, from 1; the folder's leading digits.
        slug: the folder's name without them, as ``read_and_add_books``.
        folder: the absolute path of the folder.
    """

    level: str
    number: int
    slug: str
    folder: Path

    @property
    def name(self) -> str:
        """The stable name, as ``beginner/03_read_and_add_books``."""
        return f"{self.level}/{self.folder.name}"

    @property
    def suite(self) -> Path:
        """The path of the pytest suite."""
        return self.folder / SUITE

    @cached_property
    def file(self) -> KataFile:
        """What ``kata.toml`` says, read when first asked for.

        Raises:
            KataFileError: the file breaks the format.
        """
        return read_kata_file(self.folder / "kata.toml")

    @property
    def title(self) -> str:
        """The title from ``kata.toml``."""
        return self.file.title


def parse_folder_name(name: str) -> tuple[int, str] | None:
    """Split ``03_read_and_add_books`` into ``(3, "read_and_add_books")``; None when it is none."""
    found = _FOLDER.fullmatch(name)
    return (int(found[1]), found[2]) if found else None


def load_catalog(katas: Path) -> tuple[Kata, ...]:
    """List the katas under a ``katas`` folder, by level and number.

    Args:
        katas: the folder that holds the levels.

    Returns:
        Every kata; their ``kata.toml`` files are not read yet.

    Raises:
        CatalogError: the folder holds no kata, or two katas of a level share a number.
    """
    found = []
    for level in LEVELS:
        folder = katas / level
        if not folder.is_dir():
            continue
        taken: dict[int, Kata] = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                parsed = parse_folder_name(entry.name)
                if parsed is None or not entry.is_dir():
                    continue
                kata = Kata(level, *parsed, folder / entry.name)
                if kata.number in taken:
                    first, second = sorted((taken[kata.number].folder.name, entry.name))
                    raise CatalogError(
                        f"{folder}: {first} and {second} share the number {kata.number}; "
                        "rename one of them"
                    )
                taken[kata.number] = kata
        found += [taken[number] for number in sorted(taken)]
    if not found:
        raise CatalogError(f"{katas} holds no kata (folders like beginner/01_first_kata)")
    return tuple(found)


def find_kata(catalog: tuple[Kata, ...], text: str, level: str, cwd: Path | None = None) -> Kata:
    """Find the kata that a person means.

    Args:
        catalog: the katas to choose from.
        text: a number (``3``), a level with a number (``mid/3``), a slug or a part of one, or
            a path of the kata's folder or of a file in it.
        level: the level that a bare number is taken from.
        cwd: the folder that paths are relative to; the current one when not given.

    Returns:
        The one kata that fits.

    Raises:
        UnknownKata: none fits, or several; the message says what to type instead.
    """
    for pick in (_by_number(catalog, text, level), _by_slug(catalog, text)):
        if len(pick) == 1:
            return pick[0]
        if pick:
            names = ", ".join(kata.name for kata in pick[:6])
            raise UnknownKata(f"{text!r} fits several katas: {names}. Type one of these.")
    path = Path(cwd or Path.cwd(), text)
    by_path = kata_of_path(catalog, path)
    if by_path is not None:
        return by_path
    if path.is_file():
        raise UnknownKata(f"{text} belongs to no kata. Open a file of a kata first, or name one.")
    import difflib

    slugs = {kata.slug: kata for kata in catalog}
    close = difflib.get_close_matches(text, [*slugs, *(k.name for k in catalog)], n=1, cutoff=0.5)
    guess = f" Did you mean {close[0]}?" if close else ""
    raise UnknownKata(
        f"No kata fits {text!r}.{guess} "
        "Type a number, a name or a path; `checker list` shows them all."
    )


def kata_of_path(catalog: tuple[Kata, ...], path: Path) -> Kata | None:
    """The kata whose folder, or whose solution's, is or holds ``path``; None when none does."""
    resolved = path.resolve()
    places = {resolved, *resolved.parents}
    return next((k for k in catalog if not places.isdisjoint(_folders(k))), None)


def _folders(kata: Kata) -> tuple[Path, Path]:
    folder = kata.folder.resolve()
    return folder, folder.parents[2] / "solutions" / kata.level / folder.name


def _by_number(catalog: tuple[Kata, ...], text: str, level: str) -> list[Kata]:
    found = re.fullmatch(r"(?:([a-z]+)[ /:-])?0*(\d+)", text.strip().lower())
    if not found:
        return []
    wanted = next((lv for lv in LEVELS if found[1] and lv.startswith(found[1])), found[1] or level)
    return [k for k in catalog if k.level == wanted and k.number == int(found[2])]


def _by_slug(catalog: tuple[Kata, ...], text: str) -> list[Kata]:
    wanted = text.strip().strip("/").lower().replace("-", "_").replace(" ", "_")
    wanted = wanted.removeprefix("katas/")
    exact = [k for k in catalog if wanted in (k.slug, k.folder.name, k.name)]
    return exact or ([k for k in catalog if wanted in k.name] if len(wanted) > 2 else [])
