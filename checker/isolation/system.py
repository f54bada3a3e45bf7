"""The Linux system calls of isolation, by ctypes: Python 3.11 has none of them.

Sources: the manual pages unshare(2), mount(2), mount_setattr(2), pivot_root(2), capabilities(7),
prctl(2), and the kernel's headers for the numbers.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_MOUNT_ATTR_RDONLY = 1
_MOUNT_ATTR_NOSUID = 2
_AT_RECURSIVE = 0x8000
_AT_FDCWD = -100

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63

_NUMBERS = {
    "x86_64": {"pivot_root": 155},
    "aarch64": {"pivot_root": 41},
}
_SAME_EVERYWHERE = {
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}
"""System calls that are younger than 2019 have one number on all architectures."""

MACHINE = platform.machine()


def _load() -> Any:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


_LIBC = _load()


def is_supported() -> bool:
    """Whether the calls are known for this system and this processor."""
    return _LIBC is not None and MACHINE in _NUMBERS


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(name: str, *arguments: Any) -> int:
    """Make a system call that the C library has no function for.

    Raises:
        OSError: it failed; the text says which call.
    """
    number = _SAME_EVERYWHERE.get(name) or _NUMBERS[MACHINE][name]
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return _check(_LIBC.syscall(ctypes.c_long(number), *wide), name)


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` names, for new ones."""
    _check(_LIBC.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or bind a folder or a file to another place."""
    result = _LIBC.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags),
        data.encode() or None,
    )  # fmt: skip
    _check(result, f"mount {kind or 'bind'} {target}")


def unmount(target: str) -> None:
    """Take a mount away; whoever has it open keeps it."""
    _check(_LIBC.umount2(target.encode(), MNT_DETACH), f"umount {target}")


class _MountAttributes(ctypes.Structure):
    _fields_ = [
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns", ctypes.c_uint64),
    ]


def make_read_only(target: str) -> None:
    """Make a mount, and all that is mounted below it, read-only."""
    wanted = _MountAttributes(_MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    syscall(
        "mount_setattr", _AT_FDCWD, ctypes.c_char_p(target.encode()), _AT_RECURSIVE,
        ctypes.byref(wanted), ctypes.sizeof(wanted),
    )  # fmt: skip


def pivot_root(new: str) -> None:
    """Make a mount the root of the file system, and take the old root away."""
    os.chdir(new)
    here = ctypes.c_char_p(b".")
    syscall("pivot_root", here, here)
    unmount(".")
    os.chdir("/")


def set_host_name(name: str) -> None:
    """Name the host, in this UTS namespace."""
    _check(_LIBC.sethostname(name.encode(), len(name)), "sethostname")


def set_dumpable() -> None:
    """Let this process have its own files in ``/proc`` again, after a change of the user."""
    _check(_LIBC.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl dumpable")


def no_new_privileges() -> None:
    """No program that is executed from now on gets more rights: no setuid, no capabilities."""
    _check(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl no_new_privs")


def set_filter(program: ctypes.Structure) -> None:
    """Install a seccomp filter, a ``struct sock_fprog``."""
    result = _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    _check(result, "prctl seccomp")


class _CapHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


def drop_bounding_set() -> None:
    """Let no program that is executed from now on get a capability; others refuse, harmlessly."""
    for number in range(_LAST_CAPABILITY + 1):
        # The kernel knows fewer than 64, and refuses whoever may not do it.
        _LIBC.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    _check(_LIBC.capset(ctypes.byref(header), ctypes.byref(none)), "capset")
