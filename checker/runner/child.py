"""The process that one suite runs in.

With ``fork`` it is a child of the warm server; without, ``python -m checker.runner.child`` is the
same code in a fresh interpreter, which reads its spec from standard input and writes events to
standard output.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from checker.runner.spec import Spec, pytest_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from checker.harness.remote import Nursery

T = TypeVar("T")


class EventPlugin:
    """Sends a run's events on, each as one JSON line, as they happen.

    Args:
        write: takes one whole line of bytes.
        compiled: a folder for compiled suites; None to keep none.
        wait: called when the suite is collected, before the first test.
    """

    __name__ = "kata-events"  # the name it is registered under, which the kata plugin looks for

    def __init__(
        self,
        write: Callable[[bytes], object],
        compiled: str | None = None,
        wait: Callable[[], object] = lambda: None,
    ) -> None:
        self._write = write
        self._compiled = compiled
        self._wait = wait

    def send(self, event: dict[str, Any]) -> None:
        """Send one event."""
        self._write(json.dumps(event, ensure_ascii=True).encode() + b"\n")

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, T, T]:
        """Let pytest keep its compiled copy of a suite where the runner keeps such things."""
        if self._compiled is None or not isinstance(collector, pytest.Module):
            return (yield)
        before = sys.pycache_prefix, sys.dont_write_bytecode
        sys.pycache_prefix, sys.dont_write_bytecode = self._compiled, False
        try:
            return (yield)
        finally:
            sys.pycache_prefix, sys.dont_write_bytecode = before

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Wait for the word to go on, where the run was started ahead of its time."""
        self._wait()

    def pytest_kata_event(self, event: dict[str, Any]) -> None:
        """Send what the kata plugin tells."""
        self.send(event)

    def pytest_warning_recorded(self, warning_message: Any) -> None:
        """Send a warning with its place."""
        text = f"{warning_message.category.__name__}: {warning_message.message}"
        place = f"{os.path.basename(warning_message.filename)}:{warning_message.lineno}"  # noqa: PTH119 - no pathlib per warning
        self.send({"event": "warning", "text": f"{place}: {text}"})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Send that the suite itself could not be read."""
        if report.failed:
            lines = [line for line in str(report.longrepr).splitlines() if line.strip()]
            message = lines[-1].removeprefix("E").strip() if lines else "no reason given"
            self.send({"event": "uncollected", "message": f"The suite cannot be read: {message}"})


def run_suite(
    spec: Spec,
    write: Callable[[bytes], object],
    compiled: str | None = None,
    wait: Callable[[], object] = lambda: None,
    nursery: Nursery | None = None,
) -> int:
    """Run one suite in this process.

    Args:
        spec: what to run.
        write: takes the events, one line each.
        compiled: a folder for compiled suites, so that the next run need not compile them;
            None to keep none.
        wait: called when the suite is collected, before a line of the learner's is read.
        nursery: where apps are to be had from, when they live in another process.

    Returns:
        The exit code: 0 when pytest came to its end, whatever the tests did.
    """
    import pytest_asyncio.plugin

    import checker.plugin

    events = EventPlugin(write, compiled, wait)
    plugins: list[Any] = [events, checker.plugin, pytest_asyncio.plugin]
    if spec.canary:
        from checker.plugin.canary import Canary

        plugins.append(Canary(spec.canary))
    if spec.cage is not None and nursery is None:
        from checker.plugin.tripwires import Tripwires

        plugins.append(Tripwires(lambda what: events.send({"event": "tripped", "text": what})))
    if nursery is not None:
        plugins.append(nursery)
    code = pytest.main(pytest_arguments(spec), plugins=plugins)
    # A suite that cannot be collected interrupts the run; its event has said why.
    if code in (
        pytest.ExitCode.OK,
        pytest.ExitCode.TESTS_FAILED,
        pytest.ExitCode.NO_TESTS_COLLECTED,
        pytest.ExitCode.INTERRUPTED,
    ):
        events.send({"event": "ended"})
        return 0
    return int(code)


def apply_limits(spec: Spec) -> None:
    """Set the limits that the system enforces on this process and its children."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, limit in (("RLIMIT_AS", spec.memory_bytes), ("RLIMIT_FSIZE", spec.file_bytes)):
        kind = getattr(resource, name, None)
        if kind is None or not limit:
            continue
        hard = resource.getrlimit(kind)[1]
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        # macOS refuses some limits; the suite then runs without that one.
        try:
            resource.setrlimit(kind, (wanted, wanted))
        except (ValueError, OSError):
            continue


def enter(spec: Spec) -> None:
    """Make this process the one that ``spec`` describes: folder, environment, limits."""
    os.environ.update(spec.environment)
    os.chdir(spec.cwd)
    sys.dont_write_bytecode = True
    # Each test makes an app anew, and half of them would be collected in vain: about 5 % of a run.
    gc.set_threshold(50_000, 20, 100)
    if spec.cage is None:  # a cage has limits of its own
        apply_limits(spec)


def main() -> None:
    """Run the spec that stands on standard input, in a fresh interpreter."""
    spec = Spec(**json.loads(sys.stdin.buffer.readline()))
    events = os.dup(1)
    os.dup2(2, 1)
    os.set_inheritable(events, False)
    enter(spec)
    code = run_suite(spec, lambda line: write_all(events, line), spec.compiled or None)
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that a candidate left behind must not keep the process.
    os._exit(code)


def write_all(fd: int, data: bytes) -> None:
    """Write all of ``data`` to a descriptor."""
    while data:
        data = data[os.write(fd, data) :]


if __name__ == "__main__":
    main()
