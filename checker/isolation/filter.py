"""The seccomp filter: which system calls the code of a submission never needs.

What it may not do fails with EPERM, as for any user without the right to it. Source: seccomp(2),
and the kernel's tables of system calls.
"""

from __future__ import annotations

import ctypes
import errno
import struct

from checker.isolation import system

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of <linux/audit.h>."""

_X86_64 = {
    "ptrace": 101, "syslog": 103, "personality": 135, "pivot_root": 155, "adjtimex": 159,
    "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167,
    "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172,
    "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
    "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
    "migrate_pages": 256, "unshare": 272, "move_pages": 279, "perf_event_open": 298,
    "fanotify_init": 300, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "finit_module": 313, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
}  # fmt: skip
_AARCH64 = {
    "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60, "acct": 89,
    "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105,
    "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142,
    "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "adjtimex": 171,
    "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
    "migrate_pages": 238, "move_pages": 239, "perf_event_open": 241, "fanotify_init": 262,
    "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
    "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273,
    "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
}  # fmt: skip
_SAME_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
}  # fmt: skip
_FORBIDDEN = {"x86_64": _X86_64, "aarch64": _AARCH64}
_EXECUTE = {"x86_64": (59, 322), "aarch64": (221, 281)}
_CLONE = {"x86_64": 56, "aarch64": 220}
_SOCKET = {"x86_64": 41, "aarch64": 198}
_CLONE3 = 435
_NEW_NAMESPACES = 0x7E020080
"""Every CLONE_NEW… flag, the one for time among them."""
_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, which the C library asks for interfaces."""

_LOAD, _EQUAL, _SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_AT_NUMBER, _AT_ARCHITECTURE, _AT_FIRST_ARGUMENT = 0, 4, 16
_ALLOW = 0x7FFF0000
_KILL = 0x80000000


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("yes", ctypes.c_uint8),
        ("no", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction))]


def _fail(number: int) -> int:
    return 0x00050000 | number


def instructions(machine: str, *, programs: bool = True) -> list[tuple[int, int, int, int]]:
    """The filter's program in classic BPF, as (code, jump if so, jump if not, value).

    Args:
        machine: ``x86_64`` or ``aarch64``.
        programs: whether other programs may be executed.
    """
    made = [
        (_LOAD, 0, 0, _AT_ARCHITECTURE),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        (_RETURN, 0, 0, _KILL),  # numbers of another architecture mean other calls
        (_LOAD, 0, 0, _AT_NUMBER),
    ]
    if machine == "x86_64":
        made += [(_SET, 0, 1, 0x40000000), (_RETURN, 0, 0, _fail(errno.ENOSYS))]  # the x32 ABI
    forbidden = [*_FORBIDDEN[machine].values(), *_SAME_EVERYWHERE.values()]
    for number in sorted(forbidden if programs else [*forbidden, *_EXECUTE[machine]]):
        made += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _fail(errno.EPERM))]
    # The flags of clone3 lie in memory, where a filter cannot look; the C library then uses clone.
    made += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _fail(errno.ENOSYS))]
    made += [
        (_EQUAL, 0, 4, _CLONE[machine]),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_SET, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _fail(errno.EPERM)),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, len(_FAMILIES) + 2, _SOCKET[machine]),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        *((_EQUAL, len(_FAMILIES) - n, 0, family) for n, family in enumerate(_FAMILIES)),
        (_RETURN, 0, 0, _fail(errno.EAFNOSUPPORT)),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return made


def install(*, programs: bool = True) -> None:
    """Filter the system calls of this process and of all that it starts.

    Args:
        programs: whether other programs may be executed.

    Raises:
        OSError: the kernel has no seccomp filters.
    """
    made = instructions(system.MACHINE, programs=programs)
    array = (_Instruction * len(made))(*(_Instruction(*one) for one in made))
    system.no_new_privileges()
    system.set_filter(_Program(len(made), array))


def run(machine: str, number: int, first: int = 0, architecture: int | None = None) -> int:
    """What the filter answers to a system call, for tests: the program is interpreted here.

    Args:
        machine: whose filter.
        number: of the system call.
        first: its first argument.
        architecture: that it is made on; None for the machine's own.
    """
    arch = _ARCHITECTURES[machine] if architecture is None else architecture
    data = struct.pack("<iIQ6Q", number, arch, 0, first, 0, 0, 0, 0, 0)
    program, at, held = instructions(machine), 0, 0
    while True:
        code, yes, no, value = program[at]
        at += 1
        if code == _RETURN:
            return value
        if code == _LOAD:
            held = struct.unpack_from("<I", data, value)[0]
        else:
            at += yes if (held == value if code == _EQUAL else held & value) else no
