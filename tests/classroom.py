"""Submissions made for a test: workspaces of the fixture katas, and archives of them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

from checker.catalog import Kata, load_catalog
from checker.grade.limits import Limits
from checker.grade.opening import Opened, open_submission
from checker.grade.submissions import Submission, find_submissions
from tests.desk import FIXTURES

HELLO = "beginner/01_hello"
COUNT = "beginner/02_count"
KATA = f"katas/{HELLO}"
WORK = b"app = 'mine'\n"
ORIGINAL = FIXTURES / KATA


def catalog() -> tuple[Kata, ...]:
    return load_catalog(FIXTURES / "katas")


def make_workspace(folder: Path, work: bytes = WORK) -> Path:
    """A workspace with both fixture katas; the first one is worked on."""
    shutil.copytree(FIXTURES / "katas", folder / "katas", ignore=shutil.ignore_patterns("__py*"))
    (folder / KATA / "app.py").write_bytes(work)
    return folder


def honest(prefix: str = "") -> dict[str, bytes]:
    """The files of a workspace as they stand in an archive."""
    files = {
        f"{prefix}{KATA}/{path.name}": path.read_bytes()
        for path in sorted(ORIGINAL.iterdir())
        if path.is_file()
    }
    return {**files, f"{prefix}{KATA}/app.py": WORK}


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def make_tar(
    path: Path, files: dict[str, bytes], *odd: tarfile.TarInfo, mode: str = "w:gz"
) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info in odd:
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def one(path: Path) -> Submission:
    (submission,) = find_submissions([path])
    return submission


def opened(path: Path, target: Path, limits: Limits | None = None) -> Opened:
    return open_submission(one(path), target, catalog(), limits)


def work_of(result: Opened) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in result.katas[HELLO].files.items()}


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def git(folder: Path, *words: str) -> str:
    names = {"GIT_AUTHOR_NAME": "Ada Lovelace", "GIT_AUTHOR_EMAIL": "ada@example.org",
             "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
             "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}  # fmt: skip
    command = ["git", "-c", "init.defaultBranch=main", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **names}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def make_clone(folder: Path, work: bytes = WORK) -> str:
    """A workspace under Git; gives its commit."""
    make_workspace(folder, work)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Work")
    return git(folder, "rev-parse", "HEAD")
