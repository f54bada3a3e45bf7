"""A run in a cage: whole, or with the app alone in it and the judge outside."""

from __future__ import annotations

import json
import os
import signal
import socket
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from checker.catalog import SUITE
from checker.isolation.cage import Cage
from checker.isolation.enter import enter

if TYPE_CHECKING:
    from checker.harness.remote import Nursery
    from checker.runner.spec import Spec


def go_into(spec: Spec, events: int) -> Nursery | None:
    """Go into the cage that a spec asks for; called in a process that was forked for it.

    Args:
        spec: of the run.
        events: the descriptor that the run's events are written to.

    Returns:
        None in a process that is caged itself; for a judge outside, where it gets its apps from.

    Raises:
        OSError: the system does not allow one of the layers.
    """
    assert spec.cage is not None
    _close_all_but({0, 1, 2, events})
    cage = Cage.from_json(spec.cage)
    if not spec.outside:
        enter(cage, spec.folder, leaving=lambda count: _tell(events, count))
        return None
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        code = 70
        try:
            near.close()
            os.close(events)
            _raise_nursery(spec, cage, far)
            code = 0
        except BaseException:
            import traceback

            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    far.close()
    # The judge sits in a cage as well, without the learner's code and without programs: a suite
    # that would execute some of it cannot, and its test is left to the run inside.
    code_files = tuple(name for name in spec.theirs if name.endswith((".py", ".pyc", ".so")))
    enter(replace(cage, programs=False), spec.folder, leave_out=code_files)
    from checker.harness.remote import Nursery
    from checker.loading import forbid

    forbid()
    return Nursery(near)


def _raise_nursery(spec: Spec, cage: Cage, way: socket.socket) -> None:
    from checker.harness.host import keep_nursery
    from checker.katafile import read_kata_file

    file = read_kata_file(Path(spec.folder, "kata.toml"))
    # The app needs no suite, and whoever cannot read it cannot answer from it.
    enter(cage, spec.folder, leave_out=(SUITE, "kata.toml", "README.md"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_nursery(way, Path(spec.folder), {SUITE, *file.given})


def _tell(events: int, count: int) -> None:
    if count:
        event = {"event": "left", "text": f"{count} left behind"}
        os.write(events, b"\n" + json.dumps(event).encode() + b"\n")


def _close_all_but(kept: set[int]) -> None:
    """Close what the runner holds for other runs; a submission could read or write it."""
    for name in os.listdir("/dev/fd"):  # noqa: PTH208
        number = int(name)
        if number not in kept:
            try:
                os.close(number)
            except OSError:  # the one that lists them
                continue
