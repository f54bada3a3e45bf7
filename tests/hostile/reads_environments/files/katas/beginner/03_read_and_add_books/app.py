"""Names only, never a value."""

import os

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

SECRET = ("TOKEN", "SECRET", "PASSWORD", "KEY", "CREDENTIAL", "SSH_", "AWS_", "GITHUB_", "MENTOR")
for name in os.environ:
    if any(part in name.upper() for part in SECRET):
        found.append(f"GOT THROUGH: the environment has {name}")


def can_open(path: str) -> bool:
    os.close(os.open(path, os.O_RDONLY))
    return True


try:
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
except OSError:
    pids = [1, os.getppid()]
own = {os.getpid()}
for pid in pids:
    if pid not in own and pid != 1:
        for name in ("environ", "maps", "mem", "cwd", "fd"):
            path = f"/proc/{pid}/{name}"
            attempt(
                f"opening /proc/*/{name} of another process",
                lambda path=path, name=name: (
                    bool(os.listdir(path)) if name == "fd" else can_open(path)
                ),
            )

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
