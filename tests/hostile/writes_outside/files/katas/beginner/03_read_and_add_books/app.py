"""Every file that is left is called hostile-left, is empty, and does nothing."""

import os
import site
import sys
import tempfile

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

places = ["/", "/etc", "/etc/cron.d", "/usr/local/bin", "/var/tmp", "/var/spool/cron", "/opt", "/srv"]
places += ["/root", "/home", "/dev", "/dev/shm", "/run", "/boot", os.path.expanduser("~")]
places += [site.getusersitepackages(), *site.getsitepackages(), *sys.path, sys.prefix]
places += [os.path.dirname(sys.executable), os.path.dirname(os.path.dirname(__file__)), os.getcwd()]
places += [os.path.join(os.path.expanduser("~"), name) for name in (".ssh", ".config", ".local/bin")]
try:
    import checker

    places.append(os.path.dirname(checker.__file__))
    places.append(os.path.join(os.path.dirname(checker.__file__), "data"))
except ImportError:
    pass


def leave(place: str) -> bool | None:
    if not os.path.isdir(place) or place.startswith(os.path.dirname(__file__)):
        return None
    with open(os.path.join(place, "hostile-left"), "w"):
        pass
    return True


OWN = ("/tmp", "/var/tmp", "/dev/shm", "/run", tempfile.gettempdir(), os.getcwd(), os.path.expanduser("~"))
for place in sorted(set(places)):
    attempt(f"writing in {place}", lambda place=place: leave(place))
    own = place in OWN or place.startswith(tempfile.gettempdir() + "/")
    if own and found and found[-1] == f"GOT THROUGH: writing in {place}":
        # No hole by itself, if the folder is this run's own: whoever grades sees whether it is.
        found[-1] = f"seen: {place} can be written"
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper"):
    attempt(f"opening {path} to write", lambda path=path: os.close(os.open(path, os.O_WRONLY)) or True)
for path in ("/dev/sda", "/dev/vda", "/dev/nvme0n1"):
    attempt(f"opening {path} to read", lambda path=path: os.close(os.open(path, os.O_RDONLY)) or True)
for path in ("/dev/mem", "/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/tty"):
    attempt(f"opening {path} to write", lambda path=path: os.close(os.open(path, os.O_RDWR)) or True)

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
