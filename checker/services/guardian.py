"""The process that stands between an embedded server and its users.

``python -m checker.services.guardian SERVICE PRIVATE`` starts the server, starts it again when it
crashes, and stops it when nobody uses it any more; a user that was killed counts as gone. On Linux
the server goes with its guardian. It tells of the server in ``server.json``, and why there is
none in ``failure.json``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from checker.errors import ServiceUnavailable
from checker.files import write_whole
from checker.processes import die_with_parent
from checker.services.marks import is_kept, is_unwanted, users
from checker.services.places import Place, forget_outside, free_port, place_for
from checker.services.servers import Endpoint, Server, failed_start, server_of

if TYPE_CHECKING:
    import psutil

STATE = "server.json"
FAILURE = "failure.json"
LOG = "server.log"
LOOK_SECONDS = 0.1
LINGER_SECONDS = 2.0
"""A run of pytest that follows at once finds the server still up."""
START_SECONDS = 30.0
STOP_SECONDS = 5.0
CRASHES = 5
"""So many crashes within a minute are too many."""


class Guardian:
    """Runs one server.

    Args:
        server: its kind.
        place: where its files are.
    """

    def __init__(self, server: Server, place: Place) -> None:
        self.server = server
        self.place = place
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.crashes: list[float] = []

    def run(self) -> None:
        """Serve until nobody uses the server.

        Raises:
            ServiceUnavailable: it cannot be started.
        """
        _end_orphans(self.place)
        self._forget_what_a_reboot_broke()
        self.start()
        unused_since = time.monotonic()
        try:
            while True:
                time.sleep(LOOK_SECONDS)
                if not self._whole():
                    return
                if self.process is not None and self.process.poll() is not None:
                    self._start_again()
                if users(self.place.control) or is_kept(self.place.control):
                    unused_since = time.monotonic()
                elif self._is_time(unused_since) and self._leave():
                    return
        finally:
            self.stop()

    def _is_time(self, unused_since: float) -> bool:
        linger = 0.0 if is_unwanted(self.place.control) else LINGER_SECONDS
        return time.monotonic() - unused_since > linger

    def start(self) -> None:
        """Start the server and tell of it; a data folder that it cannot use is made anew once.

        Raises:
            ServiceUnavailable: it does not come up.
        """
        self.server.prepare(self.place)
        try:
            self._start_once()
        except ServiceUnavailable as error:
            if "disk is full" in error.message:
                raise
            shutil.rmtree(self.place.data, ignore_errors=True)
            self.port = free_port()
            self.server.prepare(self.place)
            self._start_once()
        assert self.process is not None
        (self.place.data / "boot").write_text(_boot())
        endpoint = self.server.endpoint(self.place, self.port)
        told = {"pid": self.process.pid, "guardian": os.getpid(), **asdict(endpoint)}
        state = self.place.control / STATE
        write_whole(state, json.dumps(told).encode())
        state.chmod(0o600)

    def _start_once(self) -> None:
        with _log(self.place) as log:
            self.process = subprocess.Popen(
                self.server.command(self.place, self.port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.place.data,
                start_new_session=True,
                # Set after the change of the user, which would undo it.
                preexec_fn=_follow_guardian if os.name == "posix" else None,
                **(self.place.run_as() if self.server.runs_as_owner(self.place) else {}),
            )
        endpoint = self.server.endpoint(self.place, self.port)
        deadline = time.monotonic() + START_SECONDS
        while not self.server.is_ready(self.place, endpoint):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                written = (self.place.control / LOG).read_text(errors="replace")
                what = f"{self.server.title} does not start"
                raise failed_start(self.server.service, what, written, self.place)
            time.sleep(0.01)

    def _start_again(self) -> None:
        now = time.monotonic()
        self.crashes = [*(t for t in self.crashes if now - t < 60), now]
        if len(self.crashes) > CRASHES:
            words = f"{self.server.title} crashed {len(self.crashes)} times within a minute."
            log = self.place.control / LOG
            raise ServiceUnavailable(self.server.service, words, f"Its log is {log}.")
        _end_orphans(self.place)
        self.start()

    def stop(self) -> None:
        """End the server: in order if it can be, else by force."""
        if self._told():
            (self.place.control / STATE).unlink(missing_ok=True)
        process = self.process
        if process is None or process.poll() is not None:
            return
        try:
            if self.server.stop_signal is None:
                process.terminate()
            else:
                process.send_signal(self.server.stop_signal)
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(OSError):
            (self.place.data / "boot").unlink()

    def _whole(self) -> bool:
        """Whether the folders are still there; somebody may have removed them."""
        return self._told() and self.place.data.is_dir()

    def _told(self) -> bool:
        """Whether the state is ours: after a removal, another guardian may have written its own."""
        return _read_state(self.place.control).get("guardian") == os.getpid()

    def _leave(self) -> bool:
        """Stop telling of the server, unless somebody comes in this very moment."""
        try:
            with FileLock(self.place.control / "start.lock", timeout=0):
                if users(self.place.control) or is_kept(self.place.control):
                    return False
                self.stop()
                return True
        except Timeout:
            return False

    def _forget_what_a_reboot_broke(self) -> None:
        """Drop data that was in use when the machine went down: nothing was synchronised."""
        with contextlib.suppress(OSError):
            if (self.place.data / "boot").read_text() != _boot():
                shutil.rmtree(self.place.data, ignore_errors=True)


def _follow_guardian() -> None:
    import signal

    die_with_parent(signal.SIGQUIT)


def _boot() -> str:
    """What tells this boot of the machine from others."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        import psutil

        return str(int(psutil.boot_time()))


def _log(place: Place) -> IO[bytes]:
    return (place.control / LOG).open("wb")


def _end_orphans(place: Place) -> None:
    """End what an earlier server left running, so that no two share a data folder.

    A process is only ended when it works in our data folder, as both servers do: its number
    alone may belong to somebody else by now. PostgreSQL's lock file is removed then, which would
    also count a process that is dead and not yet reaped.
    """
    if not _told_pids(place):
        return
    import psutil

    data = place.data.resolve()
    deadline = time.monotonic() + STOP_SECONDS
    while left := [process for process in psutil.process_iter() if _works_in(process, data)]:
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.terminate() if time.monotonic() < deadline else process.kill()
        psutil.wait_procs(left, timeout=0.2)
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Whether a process is alive and has its working folder there."""
    import psutil

    try:
        return Path(process.cwd()) == data and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _told_pids(place: Place) -> set[int]:
    """The processes that files of an earlier server name."""
    pids = {pid for key, pid in _read_state(place.control).items() if key == "pid"}
    with contextlib.suppress(OSError, ValueError):
        pids.add(int((place.data / "postmaster.pid").read_text().split()[0]))
    return pids


def read_endpoint(control: Path) -> Endpoint | None:
    """Where the server listens, as its guardian told; None when no server is told of."""
    told = _read_state(control)
    if not {"socket", "port", "password"} <= told.keys():
        return None
    return Endpoint(told["socket"], told["port"], told["password"])


def _read_state(control: Path) -> dict[str, Any]:
    """What a guardian told of its server; empty when nothing is told, or nothing readable."""
    try:
        return dict(json.loads((control / STATE).read_bytes()))
    except (OSError, ValueError):
        return {}


def main(service: str, private: str) -> int:
    """Guard one server; the exit code is 1 when it could not be had."""
    control = Path(private) / "services" / service
    try:
        server = server_of(service)
        place = place_for(service, Path(private))
        with FileLock(control / "guardian.lock", timeout=0):
            for file in (FAILURE, "stop"):
                (control / file).unlink(missing_ok=True)
            Guardian(server, place).run()
        forget_outside()
    except Timeout:
        return 0  # another guardian is there already
    except (ServiceUnavailable, OSError) as error:
        told = {
            "message": getattr(error, "message", f"{service}: {error}"),
            "advice": getattr(error, "advice", ""),
        }
        with contextlib.suppress(OSError):
            (control / FAILURE).write_text(json.dumps(told))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
