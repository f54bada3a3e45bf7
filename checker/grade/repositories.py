"""Read a repository that somebody else made, and run nothing of it.

A repository's own ``config`` can make git run programs (``core.fsmonitor``, ``core.sshCommand``,
filters, aliases, ``include.path``, a promisor remote that fetches what is missing), and so can
its hooks. None of that is read here: git runs in a git directory of ours that is empty, with
``GIT_OBJECT_DIRECTORY`` borrowing only the submission's objects, and only ``ls-tree`` and
``cat-file``, which touch no index, no working tree, no hook and no network. HEAD and its refs are
read by hand (``folders.commit_of``). Should a promisor be believed in all the same,
``GIT_NO_LAZY_FETCH`` and an empty ``GIT_ALLOW_PROTOCOL`` forbid fetching. Objects that lie
elsewhere (``alternates``, symbolic links) are refused: they could be another repository's.
See https://git-scm.com/docs/git and its section "Security".
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from checker.errors import SubmissionError
from checker.grade.archives import kind_of_mode
from checker.grade.folders import commit_of
from checker.grade.sources import FILE, Entry, Refused, Source, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checker.grade.limits import Budget

_MEMORY = "512m"
"""What git may allocate at once (``GIT_ALLOC_LIMIT``): an object may claim any size."""
_OBJECTS = 200_000
"""Files below ``objects`` that are looked at; git packs a repository beyond 6,700 by itself."""
_LINE = 8192
_SETTINGS = (
    "core.commitGraph=false",
    "core.multiPackIndex=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
)
_GITLINK = 0o160000
_CLONE = "Clone it once more, and pass the clone."


def is_repository(folder: Path) -> bool:
    """Whether a folder is a bare repository, or the ``.git`` of a clone."""
    with suppress(OSError):
        return (
            stat.S_ISREG((folder / "HEAD").lstat().st_mode)
            and stat.S_ISDIR((folder / "objects").lstat().st_mode)
            and stat.S_ISDIR((folder / "refs").lstat().st_mode)
        )
    return False


class Repository:
    """The commit that a bare repository's HEAD names, as a source.

    Args:
        folder: the repository.
        budget: of the submission.
    """

    def __init__(self, folder: Path, budget: Budget) -> None:
        self._folder = folder
        self._budget = budget
        self._commit = ""

    def __enter__(self) -> Source:
        self._commit = commit_of(self._folder)
        if not self._commit:
            raise SubmissionError("The repository has no commit that could be graded.", _CLONE)
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def commit(self) -> str:
        """The commit of HEAD."""
        return self._commit

    def entries(self) -> Iterator[Entry]:
        """Every file of the commit."""
        words = ("ls-tree", "-r", "-z", "-l", "--full-tree", self._commit)
        with _git(self._folder, self._budget.seconds, *words) as (_, out):
            for line in _until_zero(out):
                self._budget.count_entry()
                about, _, name = line.partition(b"\t")
                mode, _, oid, size = about.split()
                bits = int(mode, 8)
                kind = "another repository" if bits == _GITLINK else kind_of_mode(bits)
                handle = (oid, int(size) if size.isdigit() else 0)
                yield Entry(name.decode("utf-8", "surrogateescape"), kind, handle)

    def read(
        self, wanted: Sequence[Entry], most: Callable[[Entry], int]
    ) -> Iterator[tuple[Entry, bytes | Refused]]:
        """Read files by their object's name; none that is too large is asked for."""
        small = [entry for entry in wanted if entry.handle[1] <= most(entry)]
        for entry in wanted:
            if entry.handle[1] > most(entry):
                yield entry, too_large(most(entry))
        with _git(self._folder, self._budget.seconds, "cat-file", "--batch") as (into, out):
            for entry in small:
                self._budget.check_time()
                yield entry, _object(into, out, entry.handle[0], most(entry))


def author_of(git: Path, seconds: float) -> tuple[str, str]:
    """Name and address of who wrote the commit that HEAD names; ("", "") when unknown.

    Anybody can write anything there.
    """
    commit = commit_of(git)
    if not commit:
        return "", ""
    try:
        with _git(git, seconds, "cat-file", "--batch") as (into, out):
            data = _object(into, out, commit.encode(), 100_000)
    except SubmissionError:
        return "", ""
    text = b"" if isinstance(data, Refused) else data.partition(b"\n\n")[0]
    for line in text.decode("utf-8", "replace").splitlines():
        if line.startswith("author "):
            name, _, rest = line.removeprefix("author ").partition("<")
            return name.strip(), rest.partition(">")[0].strip()
    return "", ""


def _object(into: IO[bytes], out: IO[bytes], oid: bytes, most: int) -> bytes | Refused:
    """Ask ``git cat-file --batch`` for one object."""
    try:
        into.write(oid + b"\n")
        into.flush()
        head = out.readline(_LINE).split()
        size = int(head[2]) if len(head) == 3 and head[0] == oid else -1
        if not 0 <= size <= most:
            raise SubmissionError("The repository lacks an object, or it is damaged.", _CLONE)
        data = out.read(size)
        if len(data) != size or out.read(1) != b"\n":
            raise SubmissionError("The repository is damaged.", _CLONE)
    except (OSError, ValueError) as error:
        raise SubmissionError("The repository is damaged.", _CLONE) from error
    return data


def _until_zero(out: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := out.read1(_LINE):  # type: ignore[attr-defined]
        *lines, rest = (rest + chunk).split(b"\0")
        yield from lines
        if len(rest) > 4 * _LINE:
            raise SubmissionError("The repository has a path that is far too long.")


@contextmanager
def _git(git: Path, seconds: float, *words: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Run a plumbing command over a repository's objects, and nothing else of it.

    Raises:
        SubmissionError: there is no git, the objects lie elsewhere, the command fails or takes
            longer than ``seconds``.
    """
    program = shutil.which("git")
    if program is None:
        raise SubmissionError(
            "Reading a bare repository needs git, which is not installed.",
            "Install git, or pass a folder with the files checked out.",
        )
    _refuse_foreign_objects(git / "objects")
    with tempfile.TemporaryDirectory(prefix="kata-git-") as folder:
        own = Path(folder)
        (own / "refs").mkdir()
        (own / "objects").mkdir()
        (own / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        process = subprocess.Popen(
            [program, "--no-replace-objects", *settings, *words],
            cwd=own,
            env=_environment(own, git / "objects"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        late = []

        def stop() -> None:
            late.append(True)
            process.kill()

        timer = threading.Timer(seconds, stop)
        timer.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdin, process.stdout
            with suppress(OSError):
                process.stdin.close()
            if process.wait() != 0:
                raise SubmissionError(
                    "Reading the repository takes too long."
                    if late
                    else "The repository is damaged.",
                    _CLONE,
                )
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()


def _environment(own: Path, objects: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "HOME": str(own),
        "XDG_CONFIG_HOME": str(own),
        "LC_ALL": "C",
        "GIT_DIR": str(own),
        "GIT_OBJECT_DIRECTORY": str(objects.absolute()),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOC_LIMIT": _MEMORY,
    }


def _refuse_foreign_objects(objects: Path) -> None:
    """Objects must lie in the repository itself."""
    try:
        for name in ("info/alternates", "info/http-alternates"):
            if os.path.lexists(objects / name):
                raise SubmissionError("The repository borrows another one's objects.", _CLONE)
        folders, seen = [objects], 0
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if seen > _OBJECTS:
                        raise SubmissionError("The repository has far too many files.", _CLONE)
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if stat.S_ISDIR(mode):
                        folders.append(Path(entry.path))
                    elif kind_of_mode(mode) != FILE:
                        raise SubmissionError(
                            "The repository's objects are links to others.", _CLONE
                        )
    except OSError as error:
        raise SubmissionError("The repository cannot be read.", _CLONE) from error
