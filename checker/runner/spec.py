"""What one run of one suite needs to know; sent to the process that runs it as JSON."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_BYTES = 4 << 30
FILE_BYTES = 256 << 20


@dataclass(frozen=True)
class Spec:
    """One run of one suite.

    Attributes:
        run: a number that tells this run from the others.
        folder: the folder that holds the candidate's files and the suite, absolute.
        cwd: the folder that the run works in.
        seed: what the made-up values are drawn from; "" for a new one.
        order: ``file`` or ``random``.
        test_seconds: how long one test may take; the process is ended a while after that.
        suite_seconds: how long the whole suite may take.
        memory_bytes: how much address space the process may have; 0 for no limit.
        file_bytes: how large a file it may write; 0 for no limit.
        compiled: a folder where pytest keeps its compiled copy of the suite; "" for the runner's
            own, which goes with it.
        stop_early: end the run with the first test that does not pass.
        wait: collect the suite, and wait for a word before the first test is run.
        services: what the suite needs besides, as in ``kata.toml``.
        environment: variables to set, besides those inherited.
        cage: what a submission may still see and use, as data of a `Cage`; None for a run of
            one's own.
        outside: in a cage: put the app into another one, and judge from outside.
        theirs: the files in the folder that are the candidate's.
        canary: in a cage: the name of one more test, which must fail; "" for none.
    """

    run: int
    folder: str
    cwd: str
    seed: str = ""
    order: str = "file"
    test_seconds: float = 5.0
    suite_seconds: float = 120.0
    memory_bytes: int = MEMORY_BYTES
    file_bytes: int = FILE_BYTES
    compiled: str = ""
    stop_early: bool = False
    wait: bool = False
    services: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    cage: dict[str, Any] | None = None
    outside: bool = False
    theirs: tuple[str, ...] = ()
    canary: str = ""

    def to_json(self) -> dict[str, Any]:
        """The spec as JSON data."""
        return asdict(self)

    @property
    def patience(self) -> float:
        """Seconds after which a test is ended from outside; inside, it has ended long before."""
        return self.test_seconds * 2 + 5


INI = Path(__file__).with_name("pytest.toml")


def pytest_arguments(spec: Spec) -> list[str]:
    """The arguments that pytest runs a suite with.

    Configuration of the workspace is left aside: a suite is judged the same way everywhere.
    """
    arguments = [
        str(Path(spec.folder, "test_app.py")),
        "-c",
        str(INI),
        f"--rootdir={spec.folder}",
        f"--confcutdir={spec.folder}",
        "--noconftest",
        f"--kata-order={spec.order}",
    ]
    for name in _UNUSED:
        arguments += ["-p", f"no:{name}"]
    if spec.stop_early:
        arguments.append("--exitfirst")
    if spec.seed:
        arguments.append(f"--kata-seed={spec.seed}")
    return arguments


# Plugins that no suite uses; each costs a little at every start. unraisableexception collects
# garbage five times at the end of a run, which takes as long as starting it.
_UNUSED = ("cacheprovider", "terminal", "junitxml", "pastebin", "stepwise", "doctest",
           "setuponly", "setupplan", "faulthandler", "legacypath", "nose",
           "unraisableexception")  # fmt: skip


def run_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the process that runs suites.

    Args:
        base: what it is made from; None for this process's own.
    """
    base = os.environ if base is None else base
    environment = {k: v for k, v in base.items() if not k.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["PYTHONSAFEPATH"] = "1"
    return environment
