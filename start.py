#!/usr/bin/env python3
"""Set everything up on a fresh machine, and begin.

    python3 start.py          make .venv, install the pinned packages, show where you stand;
                              the very first time in a terminal, watch the first kata
    python3 start.py test     the same with the maintainers' packages, then the project's own tests

It needs nothing but Python 3.11 or newer, and may be run again at any time. With `uv` on the path
it installs through uv, else through pip. `--venv DIR` uses another folder for the environment.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
PINS = ("pyproject.toml", "constraints.txt")


def main() -> int:
    """Set up and run what was asked for; the exit code is that of what was run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=("learn", "test"), default="learn")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", metavar="DIR")
    parser.add_argument("--setup-only", action="store_true", help="set up and stop")
    args = parser.parse_args()
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        return fail(f"This is Python {found}; the katas need 3.11 or newer. Run start.py with one.")
    folder = args.venv.resolve()
    problem = make_environment(folder) or install(folder, dev=args.what == "test")
    if problem:
        return fail(problem)
    if args.setup_only:
        return 0
    if args.what == "test":
        return subprocess.call([program(folder, "pytest"), "tests"], cwd=ROOT)
    return begin(folder)


def begin(folder: Path) -> int:
    """Watch the first kata when all is new and somebody sits there; show where they stand."""
    checker = program(folder, "checker")
    new = not (ROOT / ".kata" / "journal.jsonl").exists()
    if new and somebody_is_there():
        with suppress(KeyboardInterrupt):
            subprocess.call([checker, "watch"], cwd=ROOT)
    print()
    code = subprocess.call([checker], cwd=ROOT)
    if code == 0:
        print(f"\nUse this environment:  {activation(folder)}")
        print("then `checker watch` stays with your kata, and `checker --help` shows the rest.")
    return code


def somebody_is_there() -> bool:
    """Whether a person sits at a terminal, as nobody does in CI."""
    return sys.stdin.isatty() and sys.stdout.isatty() and not os.environ.get("CI")


def fail(problem: str) -> int:
    """Say what went wrong, and give the exit code for it."""
    print(f"start.py: {problem}", file=sys.stderr)
    return 1


def program(folder: Path, name: str) -> str:
    """The path of a program in the environment."""
    if os.name == "nt":
        return str(folder / "Scripts" / f"{name}.exe")
    return str(folder / "bin" / name)


def activation(folder: Path) -> str:
    """The command that activates the environment."""
    shown = os.path.relpath(folder)
    if os.name == "nt":
        return f"{shown}\\Scripts\\activate"
    return f"source {shlex.quote(shown)}/bin/activate"


def make_environment(folder: Path) -> str:
    """Make the virtual environment unless it is there; the text says why it could not be."""
    if Path(program(folder, "python")).exists():
        return ""
    print(f"Making the environment {os.path.relpath(folder)} …", flush=True)
    try:
        venv.create(folder, with_pip=shutil.which("uv") is None)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder, ignore_errors=True)
        return (
            "This Python cannot make an environment with pip. On Debian and Ubuntu, install "
            "the package python3-venv (apt install python3-venv), or install uv, and try again."
        )
    except OSError as error:
        return f"{folder} cannot be made ({error.strerror})."
    return ""


def install(folder: Path, *, dev: bool) -> str:
    """Install the workspace with its pinned packages; the text says why it could not be."""
    stamp = folder / "katas-installed"
    wanted = "\n".join(
        [
            str(ROOT),
            str(dev),
            *((ROOT / n).read_text() for n in ("pyproject.toml", "constraints.txt")),
        ]
    )
    if stamp.is_file() and stamp.read_text() in (wanted, wanted.replace("False", "True", 1)):
        return ""
    print("Installing the packages (one to a few minutes) …", flush=True)
    python, uv = program(folder, "python"), shutil.which("uv")
    tool = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    quiet = ["--quiet", "--constraint", str(ROOT / "constraints.txt")]
    steps = [[*tool, *quiet, "--editable", str(ROOT)]]
    if dev:
        if not uv:
            # Dependency groups (PEP 735) need pip 25.1 or newer.
            steps.insert(0, [*tool, "--quiet", "--upgrade", "pip>=25.1"])
        steps[-1] += ["--group", f"{ROOT / 'pyproject.toml'}:dev"]
    for step in steps:
        with ticking():
            code = subprocess.call(step, cwd=ROOT)
        if code != 0:
            return (
                "The packages could not be installed; the lines above say why. "
                "Without network, nothing was lost: run start.py again when you are online."
            )
    stamp.write_text(wanted)
    return ""


@contextmanager
def ticking(seconds: float = 1.0) -> Iterator[None]:
    """Show that something goes on: the seconds so far, where somebody looks at a terminal."""
    done = threading.Event()

    def tick() -> None:
        began = time.monotonic()
        while not done.wait(seconds):
            print(f"\r  {time.monotonic() - began:.0f} s ", end="", flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    if somebody_is_there():
        ticker.start()
    try:
        yield
    finally:
        done.set()
        if ticker.ident:
            ticker.join()
            print(flush=True)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit("\nInterrupted. Run start.py again at any time.") from None
