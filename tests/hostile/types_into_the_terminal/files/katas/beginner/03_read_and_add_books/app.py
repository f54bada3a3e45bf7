"""What it types is a comment, which does nothing."""

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


def push(path: str) -> bool:
    import fcntl
    import termios

    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        for letter in b"# hostile-left\n":
            fcntl.ioctl(descriptor, termios.TIOCSTI, bytes([letter]))
    finally:
        os.close(descriptor)
    return True


def take_over(path: str) -> bool:
    os.close(os.open(path, os.O_RDWR))
    return True


for path in ("/dev/tty", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"):
    attempt(f"typing into {path}", lambda path=path: push(path))
others = ["/dev/tty", "/dev/console"]
try:
    others += [f"/dev/pts/{name}" for name in os.listdir("/dev/pts") if name.isdigit()]
except OSError:
    pass
for path in others:  # those of others are opened and closed, and nothing is typed there
    attempt(f"opening {path}", lambda path=path: take_over(path))

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
