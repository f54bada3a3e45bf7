"""Whatever is left is called hostile-left; a later run that sees it says so."""

import gc
import os
import sys
import tempfile
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

home = Path(os.path.expanduser("~"))
places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), home]
places += [home / ".cache", home / ".kata", Path(__file__).parent.parent, Path(__file__).parents[2]]
places += [Path(sys.pycache_prefix)] if sys.pycache_prefix else []
for one in gc.get_objects():
    if type(one).__name__ == "EventPlugin" and getattr(one, "_compiled", None):
        places.append(Path(one._compiled))
for place in dict.fromkeys(places):
    left = place / "hostile-left-note"
    if left.exists():
        found.append("GOT THROUGH: an earlier run left a note")
    attempt("leaving a note", lambda left=left: left.write_text(str(os.getpid())) and None)
attempt("a queue between runs", lambda: os.mkfifo("/tmp/hostile-left-fifo"))

print("\n".join(found))


app = FastAPI(title="Bookshop")


@app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
def tell(path: str) -> dict:
    return {"found": found}
