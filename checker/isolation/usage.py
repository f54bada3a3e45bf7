"""How much a process and all that it has started use at this moment, as Linux tells it."""

from __future__ import annotations

import contextlib
import os

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def tree_of(pid: int) -> list[int]:
    """A process and its descendants; those that a namespace hides from themselves as well."""
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{one}/task"):  # noqa: PTH208 - often, and many
                with open(f"/proc/{one}/task/{thread}/children") as file:  # noqa: PTH123
                    left += map(int, file.read().split())
    return found


def memory_of(pids: list[int], most: int) -> int:
    """How many bytes these processes hold of their own: without what is mapped from files.

    Args:
        pids: the processes.
        most: what they may hold. Up to there a quick figure will do, which counts what forked
            processes share once for each.
    """
    quick = sum(map(_resident, pids))
    return quick if quick <= most else sum(map(_share, pids))


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/statm") as file:  # noqa: PTH123
            resident, shared = file.read().split()[1:3]
        return (int(resident) - int(shared)) * _PAGE_BYTES
    return 0


def _share(pid: int) -> int:
    """A process's share of its memory, where what several hold counts once (proc(5), smaps)."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open(f"/proc/{pid}/smaps_rollup") as file:  # noqa: PTH123
            fields = {line.split(":")[0]: line.split()[1] for line in file if "kB" in line}
        return (int(fields["Pss_Anon"]) + int(fields["Pss_Shmem"])) * 1024
    return 0
