"""Opens what nobody should show; nothing of it is read or kept."""

import os
import sys
from pathlib import Path

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

homes = {Path(os.path.expanduser("~")), Path("/root"), Path(os.environ.get("HOME", "/root"))}
try:
    import pwd

    homes |= {Path(entry.pw_dir) for entry in pwd.getpwall() if entry.pw_uid in (0, os.getuid())}
    homes |= set(Path("/home").glob("*"))
except (ImportError, OSError):
    pass
FILES = """
.ssh/id_ed25519 .ssh/id_rsa .ssh/config .netrc .git-credentials .gitconfig .bash_history
.python_history .pgpass .pypirc .aws/credentials .docker/config.json .config/gh/hosts.yml .bashrc
""".split()


def can_open(path: Path) -> bool | None:
    if not path.exists():
        return None
    os.close(os.open(path, os.O_RDONLY))
    return True


for home in homes - {Path("/")}:
    for name in FILES:
        attempt(f"opening {name} in a home", lambda path=home / name: can_open(path))
attempt("opening /etc/shadow", lambda: can_open(Path("/etc/shadow")))
# The folders in which Python itself lies say nothing about the mentor.
on_the_way = {part for path in (sys.base_prefix, *sys.path) for part in Path(path).parts}
for place in ("/root", "/home"):
    attempt(f"listing {place}", lambda place=place: bool({*os.listdir(place)} - on_the_way))

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
