"""Verdicts that are known already, by what decides them; also how a grading is taken up again."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import checker
from checker.files import digest_all, files_below, read_or_none, write_whole
from checker.grade.grades import KataGrade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import TypeAdapter

    from checker.grade.bench import Case

_DECIDING = ("fastapi", "starlette", "pydantic", "sqlalchemy", "httpx2", "pytest", "uvicorn")
_NOT_KEPT = ("unavailable", "missing")


def versions() -> dict[str, str]:
    """The versions of what decides a verdict."""
    found = {"checker": checker.__version__, "python": platform.python_version()}
    for package in _DECIDING:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def _code_digest() -> str:
    """A digest of the checker's own code: a verdict is only as old as what gave it."""
    base = Path(checker.__file__).parent
    files = {n: read_or_none(p) for n, p in files_below(base).items() if n.endswith(".py")}
    return digest_all(files)


def key_of(case: Case, files: Mapping[str, bytes | None], isolation: str) -> str:
    """What a verdict is kept under: suite, candidate, versions, isolation; 64 hex digits.

    Args:
        case: the kata.
        files: the submission's files with their contents, byte by byte.
        isolation: the step in force.
    """
    whole = hashlib.sha256()
    parts = [case.kata.name, case.digest, isolation, _code_digest(), json.dumps(versions())]
    parts += [f"{name} {hashlib.sha256(data or b'').hexdigest()}" for name, data in files.items()]
    parts += sorted(case.outside)
    for part in parts:
        whole.update(part.encode(errors="replace") + b"\0")
    return whole.hexdigest()


class Cache:
    """Verdicts on disk, one file each, written whole as soon as they are known.

    Args:
        folder: where they are kept; None to keep and know none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: str) -> KataGrade | None:
        """A verdict that is known; None when it is not, or cannot be read."""
        data = None if self._folder is None else read_or_none(self._path(key))
        if data is None:
            return None
        try:
            return replace(_adapter().validate_json(data), cached=True)
        except ValueError:
            return None

    def put(self, key: str, grade: KataGrade) -> None:
        """Keep a verdict; one that says nothing about the submission is not kept.

        Raises:
            OSError: the folder cannot be written.
        """
        if self._folder is not None and grade.verdict not in _NOT_KEPT:
            data = json.dumps(asdict(grade), ensure_ascii=True).encode()
            write_whole(self._path(key), data)

    def _path(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key[2:]}.json"


@cache
def _adapter() -> TypeAdapter[KataGrade]:
    from pydantic import TypeAdapter

    return TypeAdapter(KataGrade)
