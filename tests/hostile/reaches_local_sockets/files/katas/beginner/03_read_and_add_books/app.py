"""Connects, and hangs up at once."""

import os
import socket
import stat

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


def connect(path: str) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as talk:
            talk.settimeout(0.5)
            try:
                talk.connect(path)
            except OSError:
                if kind == socket.SOCK_SEQPACKET:
                    raise
                continue
            return True
    return False


KNOWN = ("docker", "containerd", "podman", "dbus", "systemd", "snapd", ".s.PGSQL", "mysqld", "redis")
KNOWN += ("X11-unix", "wayland", "ssh-", "gnupg", "agent", "pulse", "hostile-left", "valkey", "mongo")
paths = {"\0hostile-left", "/var/run/docker.sock", "/run/docker.sock", "/tmp/hostile-left-socket"}
seen = 0
try:
    with open("/proc/net/unix") as table:
        for line in list(table)[1:]:
            columns = line.split()
            if len(columns) > 7 and any(part in columns[7] for part in KNOWN):
                paths.add(columns[7].replace("@", "\0", 1))
except OSError:
    pass
for base in ("/run", "/var/run", "/tmp", os.environ.get("XDG_RUNTIME_DIR", "/run/user/0")):
    for folder, _, names in os.walk(base):
        for name in names[:200]:
            path = os.path.join(folder, name)
            try:
                if stat.S_ISSOCK(os.stat(path).st_mode) and os.access(path, os.W_OK):
                    seen += 1
                    if any(part in path for part in KNOWN):
                        paths.add(path)
            except OSError:
                continue
if seen:
    found.append(f"seen: {seen} sockets that could be written to")
own = {value for value in os.environ.values() if value.startswith("/")}
for path in sorted(paths - own)[:100]:
    kind = "an abstract one" if path.startswith("\0") else path
    attempt(f"a Unix socket: {kind}", lambda path=path: connect(path))

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
