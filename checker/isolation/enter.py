"""Go into a cage: the process that calls this comes out of it as the caged one.

The way in, for the step ``namespaces``: new namespaces are made, of mounts, processes, network,
IPC and host names (and of users, where an ordinary user could not make the others); a small file
system in memory becomes the root, with what may be read bound into it and the kata's files
copied; the first process of the namespace stays behind to look after the others; Landlock,
limits and the filter of system calls come last, since they forbid what was needed until then.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import socket
import stat
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.isolation import filter as syscalls
from checker.isolation import landlock, system
from checker.isolation.cage import DEVICES, Cage
from checker.isolation.doors import keep_doors
from checker.processes import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

_BASE = "/tmp"  # noqa: S108 - only a place to mount on, in a namespace of its own
_INSIDE_USER = 1000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_KILLED = 128
"""What shells add to the number of a signal that ended a process, to make it an exit code."""
_PER_PROCESS_BYTES = 3 << 30
_PER_FILE_BYTES = 64 << 20
"""Also of the file that takes what a run prints, which lies on the grader's disk."""


@dataclass(frozen=True)
class _File:
    """A file to be copied into the cage."""

    name: str
    mode: int
    times: tuple[int, int]
    data: bytes


def enter(
    cage: Cage,
    folder: str,
    leave_out: tuple[str, ...] = (),
    leaving: Callable[[int], object] = lambda count: None,
) -> None:
    """Go into a cage; it returns in a process that is the only one to go on.

    The calling process waits for that one and ends with its exit code, killed or not.

    Args:
        cage: what is still allowed.
        folder: the kata's folder, absolute: the same path inside, as a copy that may be changed.
        leave_out: names in it that are not copied.
        leaving: called when the caged process has ended, with the number of those that it left
            behind; only where a namespace can tell.

    Raises:
        OSError: the system does not allow one of the layers.
    """
    if cage.step == "namespaces":
        _enter_namespaces(cage, folder, leave_out, leaving)
    else:
        _enter_plainly(cage, folder)


def _enter_namespaces(
    cage: Cage, folder: str, leave_out: tuple[str, ...], leaving: Callable[[int], object]
) -> None:
    files = _read_files(Path(folder), leave_out)
    as_root = os.geteuid() == 0
    spaces = (
        system.CLONE_NEWNS | system.CLONE_NEWPID | system.CLONE_NEWNET | system.CLONE_NEWIPC
        | system.CLONE_NEWUTS | system.CLONE_NEWCGROUP
    )  # fmt: skip
    if as_root:
        system.unshare(spaces)
    else:
        user, group = os.geteuid(), os.getegid()
        system.unshare(spaces | system.CLONE_NEWUSER)
        _map_users(user, group)
    system.mount("none", "/", "", system.MS_REC | system.MS_PRIVATE)
    # Opened before the new root covers some of it, and by root also what only root may reach.
    opened = {
        path: os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW) for path in _sources(cage)
    }
    owner = cage.user if as_root else _INSIDE_USER
    size = f"size={cage.disk_bytes},nr_inodes=20000,mode=0755,uid={owner},gid={owner}"
    system.mount("tmpfs", _BASE, "tmpfs", system.MS_NOSUID | system.MS_NODEV, size)
    _build(cage, folder, files, opened, owner)
    for number in opened.values():
        os.close(number)
    _wait_for_child()
    # From here on: the first process of the namespace of processes.
    with contextlib.suppress(OSError):  # some containers hide parts of /proc and refuse a new one
        system.mount("proc", f"{_BASE}/proc", "proc", system.MS_NOSUID | system.MS_NODEV)
    system.pivot_root(_BASE)
    system.set_host_name("kata")
    _bring_up_loopback()
    system.drop_bounding_set()
    _become_user(cage.user)
    die_with_parent()  # after the change of the user, which would undo it
    os.chdir(folder)
    keepers = keep_doors(cage.doors)
    _forbid(cage, folder)
    _look_after_child(leaving, 1 + keepers)


def _enter_plainly(cage: Cage, folder: str) -> None:
    """The lower steps: no namespaces, so that leftovers are the runner's to end."""
    scratch = Path(folder, ".scratch")
    scratch.mkdir(exist_ok=True)
    _hand_over(Path(folder), cage.user or os.geteuid())
    os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    if system.is_supported():
        system.drop_bounding_set()
        _become_user(cage.user)
        _forbid(cage, folder)
    else:
        _limit(cage)


def _sources(cage: Cage) -> list[str]:
    paths = [*cage.readable, *DEVICES, *(str(Path(path).parent) for _, path in cage.doors)]
    return [path for path in dict.fromkeys(paths) if os.path.exists(path)]  # noqa: PTH110


def _read_files(folder: Path, leave_out: tuple[str, ...]) -> list[_File]:
    """The files of a staged kata; they were copied there by the grader, so that none is a link."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base, name)
            status = path.lstat()
            inside = path.relative_to(folder).as_posix()
            if stat.S_ISREG(status.st_mode) and inside not in leave_out:
                times = status.st_atime_ns, status.st_mtime_ns
                found.append(_File(inside, status.st_mode & 0o755, times, path.read_bytes()))
    return found


def _become_user(user: int) -> None:
    """Give up root for good."""
    if user and os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        system.set_dumpable()


def _map_users(user: int, group: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_INSIDE_USER} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{_INSIDE_USER} {group} 1")


def _build(cage: Cage, folder: str, files: list[_File], opened: dict[str, int], owner: int) -> None:
    """Fill the new root: what may be read, devices, a scratch folder, the kata."""
    hidden = set(cage.hidden)
    links = {}
    for path, number in opened.items():
        if any(Path(path).is_relative_to(other) for other in opened if other != path):
            continue  # comes with the folder that holds it
        if os.path.islink(path):  # noqa: PTH114
            links[path] = os.readlink(path)  # noqa: PTH115
            continue
        target = f"{_BASE}{path}"
        if stat.S_ISDIR(os.fstat(number).st_mode):
            Path(target).mkdir(parents=True, exist_ok=True)
        else:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(target).touch()
        system.mount(f"/proc/self/fd/{number}", target, "", system.MS_BIND | system.MS_REC)
        if path not in DEVICES:
            system.make_read_only(target)
    for path, points_to in links.items():
        Path(f"{_BASE}{path}").parent.mkdir(parents=True, exist_ok=True)
        Path(f"{_BASE}{path}").symlink_to(points_to)
    for path in hidden:
        if os.path.isdir(f"{_BASE}{path}"):  # noqa: PTH112
            system.mount("tmpfs", f"{_BASE}{path}", "tmpfs", 1, "size=4k,mode=0555")
    for name in ("tmp", "dev/shm", "proc", "etc", "run", "var/tmp", folder.lstrip("/")):
        Path(_BASE, name).mkdir(parents=True, exist_ok=True)
    Path(_BASE, "etc/passwd").write_text(f"kata:x:{owner}:{owner}::/tmp:/bin/sh\n")
    Path(_BASE, "etc/group").write_text(f"kata:x:{owner}:\n")
    for name, points_to in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        Path(_BASE, "dev", name).symlink_to(f"/proc/self/fd{points_to}")
    for file in files:
        target_file = Path(f"{_BASE}{folder}", file.name)
        target_file.parent.mkdir(parents=True, exist_ok=True)
        target_file.write_bytes(file.data)
        target_file.chmod(file.mode | 0o600)
        os.utime(target_file, ns=file.times)
    _hand_over(Path(f"{_BASE}{folder}"), owner)
    for name in ("tmp", "dev/shm", "run", "var/tmp"):
        Path(_BASE, name).chmod(0o1777)


def _hand_over(folder: Path, owner: int) -> None:
    if os.geteuid() == 0:
        os.chown(folder, owner, owner)
        for base, folders, names in os.walk(folder):
            for name in (*folders, *names):
                os.chown(Path(base, name), owner, owner)


def _bring_up_loopback() -> None:
    """A new network has a loopback interface that is down; suites start servers on it."""
    with socket.socket() as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16xH", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[0]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))


def _forbid(cage: Cage, folder: str) -> None:
    _limit(cage)
    if cage.step != "limits" and landlock.version():
        landlock.restrict(_rules(cage, folder))
    system.drop_capabilities()
    syscalls.install(programs=cage.programs)


def _rules(cage: Cage, folder: str) -> landlock.Rules:
    writable = (folder, "/tmp", "/var/tmp", "/dev/shm", *DEVICES)  # noqa: S108 - the cage's own
    if cage.step == "namespaces":
        # All that is left of the file system is what may be read.
        return landlock.Rules(("/",), (*writable, "/proc"))
    readable = (*_without(cage.readable, cage.hidden), "/proc/self", "/proc/meminfo", "/proc/stat")
    # A suite that starts a server takes a port of those that the system hands out.
    ports = (*(port for port, _ in cage.doors), *_handed_out())
    return landlock.Rules(readable, (folder, *DEVICES), ports)


def _handed_out() -> range:
    """The ports that the system chooses from when none is named (ip(7), ip_local_port_range)."""
    try:
        low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    except (OSError, ValueError):
        return range(0)
    return range(int(low), int(high) + 1)


def _without(folders: tuple[str, ...], hidden: tuple[str, ...]) -> tuple[str, ...]:
    """The folders, and in place of one that holds a hidden folder whatever else it holds."""
    found: list[str] = []
    for path in folders:
        inside = [h for h in hidden if Path(h).is_relative_to(path)]
        if not inside:
            found.append(path)
        elif path not in inside:
            found += _without(tuple(str(child) for child in Path(path).iterdir()), hidden)
    return tuple(found)


def _limit(cage: Cage) -> None:
    """The limits that the system itself keeps (setrlimit(2))."""
    limits = {
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 1024,
        "RLIMIT_NPROC": cage.processes,
        "RLIMIT_FSIZE": _PER_FILE_BYTES,
        "RLIMIT_DATA": min(cage.memory_bytes, _PER_PROCESS_BYTES),
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_MEMLOCK": 64 << 10,
        "RLIMIT_NICE": 0,
        "RLIMIT_RTPRIO": 0,
    }
    for name, wanted in limits.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows fewer
            resource.setrlimit(kind, (wanted, wanted))


def _wait_for_child() -> None:
    """Fork; the parent waits and ends as the child did, the child goes on."""
    _fork_and_wait(lambda pid: os.waitpid(pid, 0)[1])


def _look_after_child(leaving: Callable[[int], object], own: int) -> None:
    """Fork; the parent, the first process of its namespace, takes leave of every orphan."""

    def wait(pid: int) -> int:
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == pid:
                with contextlib.suppress(OSError):
                    others = sum(name.isdigit() for name in os.listdir("/proc"))  # noqa: PTH208
                    leaving(others - own)
                return status

    _fork_and_wait(wait)


def _fork_and_wait(wait: Callable[[int], int]) -> None:
    pid = os.fork()
    if pid == 0:
        return
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    code = os.waitstatus_to_exitcode(wait(pid))
    number = -code if code < 0 else code - _KILLED
    if number in signal.valid_signals():
        with contextlib.suppress(OSError):
            signal.signal(number, signal.SIG_DFL)
        # The first process of a namespace is not killed by its own signals, and says it so.
        os.kill(os.getpid(), number)
        os._exit(_KILLED + number)
    os._exit(code)
