"""The corpus of hostile submissions under ``tests/hostile``: what each tries, and how to lay it."""

from __future__ import annotations

import importlib.util
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "hostile"
FAMILIES = ("hard-coding", "evasion", "redirection", "injection", "resources", "escape")
GOT_THROUGH = "GOT THROUGH"
"""What a submission says, in an answer or on its output, of each thing that was not refused."""
LEFT = "hostile-left"
"""How the name of everything begins that a submission leaves somewhere."""


@dataclass(frozen=True)
class Hostile:
    """A hostile submission.

    Attributes:
        name: of its folder.
        tries: what it tries, in one sentence.
        family: one of ``FAMILIES``.
        kata: the kata that it attacks, as ``beginner/03_read_and_add_books``.
        expects: the kinds of verdict that are right for it; never ``solved``.
        says: regular expressions, each to be found in the verdict's message or remarks.
        folder: where it lies.
        fools_unprotected: whether ``checker check``, which trusts a learner's own machine, called
            it solved; None where that was not measured.
    """

    name: str
    tries: str
    family: str
    kata: str
    expects: tuple[str, ...]
    says: tuple[str, ...]
    folder: Path
    fools_unprotected: bool | None = None


def load() -> list[Hostile]:
    """Every submission of the corpus, in the order of their names.

    Raises:
        KeyError, TypeError: an ``about.toml`` lacks a key, or has one that is unknown.
    """
    return [_read(path.parent) for path in sorted(CORPUS.glob("*/about.toml"))]


def _read(folder: Path) -> Hostile:
    about: dict[str, Any] = tomllib.loads((folder / "about.toml").read_text(encoding="utf-8"))
    about["expects"], about["says"] = tuple(about["expects"]), tuple(about.get("says", ()))
    return Hostile(name=folder.name, folder=folder, **about)


def lay(hostile: Hostile, workspace: Path) -> None:
    """Lay a submission's files over a fresh copy of the workspace.

    Args:
        hostile: the submission.
        workspace: the copy's root; what its ``make.py`` makes is made in it too.
    """
    files = hostile.folder / "files"
    if files.is_dir():
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(files, workspace, symlinks=True, dirs_exist_ok=True, ignore=left_out)
    if (hostile.folder / "make.py").is_file():
        _make_of(hostile.folder / "make.py")(workspace)


def _make_of(path: Path) -> Any:
    """The function ``make`` of a submission's ``make.py``."""
    spec = importlib.util.spec_from_file_location(f"hostile_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make
