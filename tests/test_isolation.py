"""What a caged process can still do: tried out, as the user who runs the tests."""

from __future__ import annotations

import errno
import gc
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from checker.errors import CheckerError
from checker.isolation import filter as syscalls
from checker.isolation import ladder
from checker.isolation.cage import Cage, clean_environment
from checker.isolation.doors import Bridge
from checker.scratch import scratch_folder

ALLOW, KILL = 0x7FFF0000, 0x80000000
STEP = ladder.probe("namespaces")
caged = pytest.mark.skipif(bool(STEP.problem), reason=f"no namespaces here: {STEP.problem}")


def inside(body: str, cage: Cage | None = None, **environment: str) -> dict[str, Any]:
    """Run statements in a cage; gives what they put into ``told``, the exit code and the rest."""
    script = textwrap.dedent(
        """
        import json, os, sys
        from pathlib import Path
        from checker.isolation.cage import Cage
        from checker.isolation.enter import enter
        def leaving(count):
            print("LEFT", count, flush=True)
        cage = Cage.from_json(json.loads(sys.argv[1]))
        enter(cage, sys.argv[2], ("secret.py",), leaving)
        told = {}
        """
    )
    script += textwrap.dedent(body) + "\nprint(json.dumps(told), flush=True)\n"
    with scratch_folder() as scratch:
        scratch.chmod(0o711)
        folder = scratch / "beginner" / "01_kata"
        folder.mkdir(parents=True)
        (folder / "app.py").write_text("x = 1\n")
        (folder / "secret.py").write_text("x = 2\n")
        done = subprocess.run(
            [sys.executable, "-c", script, json.dumps(asdict(cage or STEP.cage())), str(folder)],
            capture_output=True, text=True, timeout=60, check=False,
            env={**clean_environment(dict(os.environ)), **environment},
        )  # fmt: skip
    lines = done.stdout.splitlines()
    told = json.loads(next((line for line in lines if line.startswith("{")), "{}"))
    left = [int(line.split()[1]) for line in lines if line.startswith("LEFT")]
    return {**told, "code": done.returncode, "left": left, "stderr": done.stderr}


REFUSED = """
def refused(call):
    try:
        call()
    except OSError as error:
        return type(error).__name__
    return "allowed"
"""


@caged
def test_it_sees_its_own_files_and_no_others(tmp_path: Path) -> None:
    """The kata, Python and the system can be read; homes and other folders are not there."""
    mine = tmp_path / "mentor.txt"
    mine.write_text("secret")
    told = inside(
        f"""
        told["kata"] = sorted(os.listdir("."))
        told["mentor"] = os.path.exists({str(mine)!r})
        told["home"] = os.path.exists({str(Path.home() / ".bashrc")!r})
        told["tmp"] = os.listdir("/tmp")
        import checker
        told["answers"] = os.listdir(Path(checker.__file__).parent / "data")
        told["solutions"] = (Path(checker.__file__).parents[1] / "solutions").exists()
        """
    )
    assert told["kata"] == ["app.py"]
    assert not told["mentor"]
    assert not told["home"]
    assert not told["solutions"]
    assert told["answers"] == []
    expected = [path for path in STEP.cage().readable if path.startswith("/tmp/")]
    for name in told["tmp"]:
        known = name.startswith("kata-scratch")
        assert known or any(path.startswith(f"/tmp/{name}") for path in expected), name


@caged
def test_it_writes_into_its_own_folders_alone() -> None:
    """It may write into the kata's folder and a scratch folder, up to a limit, nowhere else."""
    told = inside(
        REFUSED
        + """
Path("new.txt").write_text("x")
Path("/tmp/new.txt").write_text("x")
import sysconfig
told["library"] = refused(lambda: Path(sysconfig.get_path("stdlib"), "os.py").write_text("x"))
told["usr"] = refused(lambda: Path("/usr/x").write_text("x"))
def fill():
    for n in range(100):
        Path(f"/tmp/{n}").write_bytes(b"x" * (1 << 20))
told["disk"] = refused(fill)
""",
        replace(STEP.cage(), disk_bytes=32 << 20),
    )
    assert told["library"] != "allowed"
    assert told["usr"] != "allowed"
    assert told["disk"] == "OSError"


@caged
def test_it_has_no_network_but_its_doors(tmp_path: Path) -> None:
    """No server is to be reached, on this machine or elsewhere, but those behind a door."""
    with (
        socket.create_server(("127.0.0.1", 0)) as open_,
        socket.create_server(("127.0.0.1", 0)) as shut,
    ):
        threading.Thread(target=lambda: open_.accept()[0].sendall(b"welcome"), daemon=True).start()
        port, other = open_.getsockname()[1], shut.getsockname()[1]
        folder = tmp_path / "doors"
        folder.mkdir()
        for parent in (folder, *folder.parents):
            if parent.is_relative_to(tmp_path.parent.parent):
                parent.chmod(0o755)
        with Bridge(folder) as bridge:
            cage = replace(STEP.cage(), doors=(bridge.door("127.0.0.1", port),))
            told = inside(
                REFUSED
                + f"""
import socket
told["door"] = socket.create_connection(("127.0.0.1", {port}), 5).recv(7).decode()
told["other"] = refused(lambda: socket.create_connection(("127.0.0.1", {other}), 5))
told["outside"] = refused(lambda: socket.create_connection(("192.0.2.1", 80), 2))
told["raw"] = refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
with socket.create_server(("127.0.0.1", 0)) as server:
    told["own"] = refused(lambda: socket.create_connection(server.getsockname()))
""",
                cage,
            )
    assert told["door"] == "welcome", told
    assert told["other"] != "allowed"
    assert told["outside"] != "allowed"
    assert told["raw"] != "allowed"
    assert told["own"] == "allowed"


@caged
def test_it_sees_no_process_but_its_own() -> None:
    """Other processes are not there, their parents cannot be signalled, and orphans are counted."""
    told = inside(
        REFUSED
        + """
import signal, time
told["processes"] = sum(name.isdigit() for name in os.listdir("/proc"))
told["environ"] = b"MENTOR" in Path("/proc/1/environ").read_bytes() + Path(
    "/proc/self/environ").read_bytes()
from checker.isolation import system
told["unshare"] = refused(lambda: system.unshare(system.CLONE_NEWUSER))
if os.fork() == 0:
    os.setsid()
    os.close(1); os.close(2)
    time.sleep(60)
told["root"] = os.getuid() == 0
""",
        MENTOR="1",
    )
    assert told["processes"] <= 3
    assert told["unshare"] == "PermissionError"
    assert not told["root"]
    assert told["left"] == [1]


@caged
def test_many_processes_are_refused() -> None:
    """Processes are limited together, not one by one."""
    told = inside(
        """
        import time
        made = 0
        try:
            for _ in range(200):
                if os.fork() == 0:
                    time.sleep(30)
                    os._exit(0)
                made += 1
        except OSError:
            pass
        told["made"] = made
        """,
        replace(STEP.cage(), processes=20),
    )
    assert 0 < told["made"] < 25


@caged
def test_how_it_ended_comes_through() -> None:
    """Exit codes and signals of the caged process are those of the process that went in."""
    assert inside("os._exit(7)")["code"] == 7
    assert inside("os.kill(os.getpid(), 11)")["code"] == -11
    assert inside("os.abort()")["code"] == -6


@caged
def test_programs_can_be_forbidden() -> None:
    """A judge in a cage cannot execute a program, so that it never executes a submission's."""
    body = REFUSED + 'told["ls"] = refused(lambda: os.execv("/bin/ls", ["ls"]))'
    told = inside(body, replace(STEP.cage(), programs=False))
    assert told["ls"] == "PermissionError"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_forbids_what_it_names_and_nothing_else(machine: str) -> None:
    """The filter's program, interpreted: every verdict for every system call."""
    forbidden = {**syscalls._FORBIDDEN[machine], **syscalls._SAME_EVERYWHERE}
    clone, socket_ = syscalls._CLONE[machine], syscalls._SOCKET[machine]
    for number in range(470):
        answer = syscalls.run(machine, number, first=1)
        if number in forbidden.values():
            assert answer == 0x00050000 | errno.EPERM, number
        elif number == 435:
            assert answer == 0x00050000 | errno.ENOSYS
        else:
            assert answer == ALLOW, number
    for flag in (0x10000000, 0x20000000, 0x40000000, 0x00020000, 0x00000080, 0x02000000):
        assert syscalls.run(machine, clone, first=flag | 17) == 0x00050000 | errno.EPERM
    assert syscalls.run(machine, clone, first=0x003D0F00) == ALLOW  # a thread
    for family, allowed in ((1, True), (2, True), (10, True), (16, True), (17, False), (40, False)):
        assert (syscalls.run(machine, socket_, first=family) == ALLOW) is allowed
    assert syscalls.run(machine, 1, architecture=0x40000003) == KILL
    if machine == "x86_64":
        assert syscalls.run(machine, 0x40000000 | 1) == 0x00050000 | errno.ENOSYS


def test_the_environment_keeps_nothing_of_the_mentors() -> None:
    """Only what programs need to be found and to speak a language is kept."""
    kept = clean_environment(
        {
            "PATH": f"/home/ada/bin{os.pathsep}/usr/bin",
            "SECRET": "x",
            "LANG": "C",
            "HOME": "/home/a",
        }
    )
    assert kept == {"PATH": "/usr/bin", "LANG": "C", "HOME": "/tmp", "TMPDIR": "/tmp"}


def test_a_step_that_is_not_to_be_had_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing weaker is taken in silence."""
    monkeypatch.setattr(ladder, "probe", lambda name: ladder.Step(name, problem="not here"))
    with pytest.raises(CheckerError, match=r"namespaces: not here(.|\n)*landlock: not here"):
        ladder.choose("auto")
    with pytest.raises(CheckerError, match="namespaces: not here"):
        ladder.choose("namespaces")


def test_auto_never_falls_to_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits alone keep no secret; they must be asked for by name."""
    only = {"limits": ladder.Step("limits", ("limits",))}
    monkeypatch.setattr(
        ladder, "probe", lambda name: only.get(name, ladder.Step(name, problem="not here"))
    )
    with pytest.raises(CheckerError):
        ladder.choose("auto")
    assert ladder.choose("limits").name == "limits"


def test_a_bridge_ends_with_its_connections(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Who still speaks to a server when grading ends is hung up on, and nothing is complained."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as caller:
        with Bridge(tmp_path) as bridge:
            _, door = bridge.door("127.0.0.1", server.getsockname()[1])
            caller.connect(door)
            far, _ = server.accept()
            caller.sendall(b"hello")
            assert far.recv(5) == b"hello"
        caller.settimeout(5)
        assert caller.recv(1) == b""
        far.close()
    gc.collect()
    assert not caplog.records
