"""A cage: what a submission's process may still see and use."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import checker

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS = ("namespaces", "landlock", "limits")
"""From strong to weak; see ``ladder`` for what each gives."""

FIRST_USER = 60_600
"""As root, submissions run as one of the users from here on: nobody's, by Debian's policy 9.2."""
USERS = 400

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt/python")
_SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime",
    "/etc/mime.types", "/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/protocols",
    "/etc/services", "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/alternatives",
    "/etc/gai.conf",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ")


@dataclass(frozen=True)
class Cage:
    """What one run of a submission may still see and use. It travels as JSON inside a `Spec`.

    Attributes:
        step: one of ``STEPS``.
        readable: files and folders that it may read.
        hidden: folders below them that it may not.
        doors: pairs of a TCP port of 127.0.0.1 and the Unix socket behind it; nothing else is
            to be reached.
        user: the user and group that it runs as, when the grader is root; 0 to stay.
        programs: whether it may execute programs.
        processes: how many processes and threads it may have.
        memory_bytes: how much memory all of them may have together.
        disk_bytes: how much it may write, into its own folders.
    """

    step: str
    readable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    doors: tuple[tuple[int, str], ...] = ()
    user: int = 0
    programs: bool = True
    processes: int = 400
    memory_bytes: int = 2 << 30
    disk_bytes: int = 256 << 20

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Cage:
        """The cage again, from its fields as JSON carries them: with lists for tuples."""
        fields = dict(data)
        for name in ("readable", "hidden"):
            fields[name] = tuple(fields[name])
        fields["doors"] = tuple((port, path) for port, path in fields["doors"])
        return Cage(**fields)


def readable_here() -> tuple[str, ...]:
    """What Python and the programs that suites start need to read: no home, no workspace."""
    own = [sys.prefix, sys.base_prefix, sys.exec_prefix, sysconfig.get_path("stdlib")]
    own += [*site.getsitepackages(), site.getusersitepackages()]
    own += [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    own.append(str(Path(checker.__file__).parent))
    own.append(os.path.realpath(sys.executable))
    real = [os.path.realpath(path) for path in own]
    wanted = dict.fromkeys([*own, *real, *_SYSTEM, *_SETTINGS])
    return tuple(path for path in wanted if os.path.exists(path) and path != "/")  # noqa: PTH110


def hidden_here() -> tuple[str, ...]:
    """What lies below them and is none of a submission's business: the packed answers."""
    return (str(Path(checker.__file__).parent / "data"),)


def clean_environment(environment: dict[str, str]) -> dict[str, str]:
    """The few variables that a submission's process gets of those of the grader."""
    kept = {name: environment[name] for name in KEPT_VARIABLES if name in environment}
    # A folder of the mentor's on the path says who they are, and is not there inside.
    path = [p for p in kept.get("PATH", os.defpath).split(os.pathsep) if _is_public(p)]
    return {**kept, "PATH": os.pathsep.join(path), "HOME": "/tmp", "TMPDIR": "/tmp"}  # noqa: S108 - the cage's own


def _is_public(folder: str) -> bool:
    return any(
        Path(folder).is_relative_to(base)
        for base in ("/usr", "/bin", "/sbin", "/opt", sys.prefix, sys.base_prefix)
    )
