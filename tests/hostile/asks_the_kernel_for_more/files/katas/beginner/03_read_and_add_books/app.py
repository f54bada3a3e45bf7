"""Each call is one that a web app never needs; most are made with arguments that change nothing."""

import ctypes
import os
import platform

from fastapi import FastAPI

found: list[str] = []


def attempt(what: str, work) -> None:
    """Try one thing, and write down how it ended; never what was found."""
    try:
        result = work()
    except BaseException as error:
        found.append(f"kept in: {what}: {type(error).__name__}")
    else:
        if result is not None and result is not False:
            found.append(f"GOT THROUGH: {what}")

libc = ctypes.CDLL(None, use_errno=True)
X86 = platform.machine() == "x86_64"
CALLS = {
    # name: (number on x86-64, number on AArch64, arguments)
    "bpf": (321, 280, (0, 0, 0)),
    "io_uring_setup": (425, 425, (1, ctypes.create_string_buffer(120))),
    "perf_event_open": (298, 241, (ctypes.create_string_buffer(b"\1\0\0\0\x70", 112), 0, -1, -1, 0)),
    "userfaultfd": (323, 282, (0,)),
    "keyctl": (250, 219, (0, -3, 1)),
    "add_key": (248, 217, (b"user", b"hostile-left", b"x", 1, -2)),
    "open_by_handle_at": (304, 265, (-100, ctypes.create_string_buffer(b"\x08\0\0\0\1", 24), 0)),
    "init_module": (175, 105, (b"", 0, b"")),
    "kexec_load": (246, 104, (0, 1, None, 0)),
    "swapon": (167, 224, (b"/hostile-left", 0)),
    "quotactl": (179, 60, (0, None, 0, None)),
    "acct": (163, 89, (b"/hostile-left",)),
    "syslog": (103, 116, (10, None, 0)),
    "iopl": (172, None, (3,)),
    "personality": (135, 92, (0x0040000,)),
    "fanotify_init": (300, 262, (0, 0)),
    "fsopen": (430, 430, (b"tmpfs", 0)),
    "open_tree": (428, 428, (-100, b"/", 1)),
    "clone3": (435, 435, (None, 0)),
    "memfd_secret": (447, 447, (0,)),
    "pidfd_open": (434, 434, (1, 0)),
    "landlock_create_ruleset": (444, 444, (None, 0, 1)),
}
HARMLESS = {"personality", "landlock_create_ruleset", "clone3", "pidfd_open", "memfd_secret"}
for name, (intel, arm, arguments) in CALLS.items():
    number = intel if X86 else arm
    if number is None or platform.system() != "Linux":
        continue
    result = libc.syscall(number, *arguments)
    error = ctypes.get_errno()
    if result >= 0 and name not in HARMLESS:
        found.append(f"GOT THROUGH: {name}")
        if result > 2 and name not in ("keyctl", "add_key", "syslog"):
            os.close(result)
    else:
        found.append(f"kept in: {name}: {os.strerror(error)}")


def check(result: int) -> bool:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return True


def mount() -> bool:
    here = os.path.dirname(os.path.abspath(__file__)).encode()
    return check(libc.mount(b"tmpfs", here, b"tmpfs", 0, None)) and check(libc.umount2(here, 2))


def in_a_child(work) -> bool:
    """Do something that changes the process for good in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if work() is not False else 1)
        except BaseException:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise PermissionError
    return True


NAMESPACES = {"user": 0x10000000, "mnt": 0x20000, "pid": 0x20000000, "net": 0x40000000}
NAMESPACES |= {"uts": 0x4000000, "ipc": 0x8000000, "cgroup": 0x2000000}


def join(name: str) -> bool | None:
    """Join a namespace of process 1, where that is another one than its own."""
    there = f"/proc/1/ns/{name}"
    if os.stat(there).st_ino == os.stat(f"/proc/self/ns/{name}").st_ino:
        return None
    return in_a_child(lambda: check(libc.setns(os.open(there, os.O_RDONLY), 0)))


attempt("mount", mount)
for name, flag in NAMESPACES.items():
    attempt(f"unshare of {name}", lambda f=flag: in_a_child(lambda: check(libc.unshare(f))))
    attempt(f"setns into {name} of process 1", lambda name=name: join(name))
attempt("chroot", lambda: in_a_child(lambda: os.chroot("/") is None and os.getuid() == 0))
if os.getuid() != 0:
    attempt("setuid(0)", lambda: in_a_child(lambda: os.setuid(0) is None))
    attempt("setgid(0)", lambda: in_a_child(lambda: os.setgid(0) is None))
attempt("setgroups", lambda: in_a_child(lambda: os.setgroups([0, 27, 999]) is None))
attempt("sethostname", lambda: check(libc.sethostname(platform.node().encode(), len(platform.node()))))
attempt("mknod", lambda: os.mknod(
    os.path.join(os.path.dirname(__file__), "hostile-left-device"), 0o60666, os.makedev(8, 0)
) is None)
attempt("raising a limit", lambda: __import__("resource").setrlimit(
    __import__("resource").RLIMIT_NOFILE, (1 << 19, 1 << 22)
) is None)
with open("/proc/self/status") as status:
    for line in status:
        if line.startswith("NoNewPrivs") and line.split()[1] == "0":
            found.append("GOT THROUGH: new privileges may be gained")
        if line.startswith("Seccomp:") and line.split()[1] == "0":
            found.append("kept in by nothing: no seccomp filter is active")

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
