"""Landlock: a process gives up rights to files and ports, for itself and all that it starts.

Source: the kernel's documentation, userspace-api/landlock, and <linux/landlock.h>.
"""

from __future__ import annotations

import ctypes
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.isolation import system

if TYPE_CHECKING:
    from collections.abc import Iterable

_VERSION = 1
_RULE_PATH = 1
_RULE_PORT = 2
_EXECUTE, _WRITE, _READ, _TRUNCATE, _DEVICES = 1 << 0, 1 << 1, 1 << 2, 1 << 14, 1 << 15
_READ_FOLDER = 1 << 3
_READS = _EXECUTE | _READ | _READ_FOLDER
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE | _DEVICES
_CONNECT = 1 << 1
_SCOPES = 0b11
"""Abstract Unix sockets and signals stay within what is restricted together."""
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights to files each version knows; later ones know as many as version 5."""


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class _PortRule(ctypes.Structure):
    _fields_ = [("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64)]


def version() -> int:
    """The version of Landlock that the kernel offers; 0 for none."""
    if not system.is_supported():
        return 0
    try:
        return system.syscall("landlock_create_ruleset", 0, 0, _VERSION)
    except OSError:
        return 0


@dataclass(frozen=True)
class Rules:
    """What is still allowed.

    Attributes:
        readable: files and folders that may be read and executed.
        writable: files and folders that may be changed as well.
        ports: the TCP ports that may be connected to; None for all.
    """

    readable: tuple[str, ...]
    writable: tuple[str, ...]
    ports: tuple[int, ...] | None = None


def restrict(rules: Rules) -> None:
    """Give up everything but what ``rules`` allow; paths that do not exist are passed over.

    Raises:
        OSError: the kernel refuses.
    """
    abi = version()
    every = (1 << _RIGHTS[min(abi, 5)]) - 1
    ports = _CONNECT if abi >= 4 and rules.ports is not None else 0
    made = _Ruleset(every, ports, _SCOPES if abi >= 6 else 0)
    ruleset = system.syscall("landlock_create_ruleset", ctypes.byref(made), ctypes.sizeof(made), 0)
    try:
        _allow(ruleset, rules.readable, _READS & every)
        _allow(ruleset, rules.writable, every)
        for port in rules.ports or () if ports else ():
            rule = _PortRule(_CONNECT, port)
            system.syscall("landlock_add_rule", ruleset, _RULE_PORT, ctypes.byref(rule), 0)
        system.no_new_privileges()
        system.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            if not stat.S_ISDIR(os.fstat(parent).st_mode):
                rights_here = rights & _OF_FILES
            else:
                rights_here = rights
            rule = _PathRule(rights_here, parent)
            system.syscall("landlock_add_rule", ruleset, _RULE_PATH, ctypes.byref(rule), 0)
        finally:
            os.close(parent)
