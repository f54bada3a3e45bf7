"""What came of running one suite, built from the events that the run sent.

The events are plain dictionaries, sent as they happen, so that nothing is lost when the process
dies in the middle:

    {"event": "collected", "tests": [{"id", "sentence", "guard", "line"}, …], "seed": "…"}
    {"event": "started", "id": "…"}
    {"event": "finished", "id": "…", "outcome": "…", "seconds": 0.01, "failure": {…} or None,
     "exchanges": [{…}, …], "output": "…"}
    {"event": "warning", "text": "…"}
    {"event": "uncollected", "message": "…"}      the suite itself could not be read
    {"event": "unavailable", "message": "…", "advice": "…"}   a service could not be had: no run
    {"event": "ended"}                            the run came to its end by itself
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = 1
TRIPPED = 117
"""The exit code of a process that has hit a tripwire; see ``plugin.tripwires``."""

KINDS = (
    "solved",
    "failing",
    "broken",
    "timeout",
    "crashed",
    "tampered",
    "unavailable",
    "untouched",
)
OUTCOMES = ("passed", "failed", "broken", "timeout", "unavailable", "skipped", "not run")


@dataclass(frozen=True)
class Failure:
    """Why a test did not pass.

    Attributes:
        message: what the app did and what it should have done.
        advice: what to try; may be "".
        error: the exception's class name; ``AssertionError`` for an ordinary failure.
        file: the learner's file at fault, absolute; "" when there is none.
        line: its line, from 1; 0 when there is none.
        text: the source of that line.
        test_line: the line of the suite that failed, from 1; 0 when unknown.
        test_text: the source of that line.
    """

    message: str
    advice: str = ""
    error: str = "AssertionError"
    file: str = ""
    line: int = 0
    text: str = ""
    test_line: int = 0
    test_text: str = ""


@dataclass(frozen=True)
class TestResult:
    """One test of a suite.

    Attributes:
        id: the test's name in the suite, as ``test_price_is_kept[3]``.
        sentence: what it proves, its docstring's first line.
        guard: whether it holds on the stub already and so is no progress.
        line: where the test stands in the suite, from 1.
        outcome: one of ``OUTCOMES``.
        seconds: how long it took.
        failure: why it did not pass; None when it did, or did not run.
        exchanges: the requests it sent with their answers, as dictionaries of `Exchange`.
        output: what it printed or logged.
    """

    __test__ = False  # not a class of tests, whatever pytest makes of its name

    id: str
    sentence: str
    guard: bool = False
    line: int = 0
    outcome: str = "not run"
    seconds: float = 0.0
    failure: Failure | None = None
    exchanges: tuple[dict[str, Any], ...] = ()
    output: str = ""


@dataclass(frozen=True)
class Verdict:
    """What came of one run of one suite.

    Attributes:
        kata: the kata's name, as ``beginner/03_read_and_add_books``.
        kind: one of ``KINDS``.
        tests: every test, in the order of the file.
        seconds: wall time of the run.
        seed: what the values were drawn from.
        digest: of the learner's files that were judged; "" when unknown.
        message: for kinds that are no matter of single tests: what happened.
        advice: what to try; may be "".
        file: the file that the message is about, absolute; "" when there is none.
        line: its line; 0 when there is none.
        warnings: warnings that the run gave.
        output: what the process printed outside of tests, for crashes.
    """

    kata: str
    kind: str
    tests: tuple[TestResult, ...] = ()
    seconds: float = 0.0
    seed: str = ""
    digest: str = ""
    message: str = ""
    advice: str = ""
    file: str = ""
    line: int = 0
    warnings: tuple[str, ...] = ()
    output: str = ""

    @property
    def steps(self) -> tuple[TestResult, ...]:
        """The tests that count as progress: all but the guards."""
        return tuple(test for test in self.tests if not test.guard)

    @property
    def passed(self) -> int:
        """How many of the steps passed."""
        return sum(test.outcome == "passed" for test in self.steps)

    @property
    def first_failure(self) -> TestResult | None:
        """The first test of the file that did not pass."""
        return next((t for t in self.tests if t.outcome not in ("passed", "not run")), None)

    def to_json(self) -> dict[str, Any]:
        """The verdict as JSON data, with the version of its schema."""
        data = asdict(self)
        return {
            "schema": SCHEMA,
            **data,
            "passed": self.passed,
            "total": len(self.steps),
        }


@dataclass(frozen=True)
class End:
    """How the process of a run ended, as seen from outside.

    Attributes:
        how: ``exited``, or the limit that ended it: ``test limit``, ``suite limit``, ``memory
            limit``, ``event limit``, ``cancelled``.
        code: the exit code; negative for a signal.
        limit: the limit that was passed, in seconds or bytes; 0 when none.
        output: the end of what the process printed.
    """

    how: str = "exited"
    code: int = 0
    limit: float = 0.0
    output: str = ""


@dataclass(frozen=True)
class Context:
    """What is known about a run besides its events.

    Attributes:
        kata: the kata's name.
        digest: of the learner's files; "" when they are not a learner's.
        touched: files of the suite that differ from the original.
        untouched: whether the learner's files are still the stub.
        tests: the tests that the suite holds, when that was known before; () when not.
        canary: a test that was added and must fail; "" for none. It is no part of the verdict.
    """

    kata: str
    digest: str = ""
    touched: tuple[str, ...] = ()
    untouched: bool = False
    tests: tuple[str, ...] = ()
    canary: str = ""


@dataclass
class _Fold:
    tests: dict[str, TestResult] = field(default_factory=dict)
    running: str = ""
    seed: str = ""
    warnings: list[str] = field(default_factory=list)
    uncollected: str = ""
    unavailable: dict[str, str] | None = None
    ended: bool = False
    nonsense: bool = False
    tripped: str = ""
    canary: TestResult | None = None


def judge(events: Iterable[dict[str, Any]], context: Context, end: End, seconds: float) -> Verdict:
    """Fold a run's events into its verdict.

    Args:
        events: what the run sent, in order.
        context: what is known besides.
        end: how the process ended.
        seconds: the run's wall time.

    Returns:
        The verdict. It is ``solved`` only when the run ended by itself, every test ran and
        passed, and the suite is the original.
    """
    fold = _Fold()
    for event in events:
        _take(fold, event)
    fold.canary = fold.tests.pop(context.canary, None)
    kind, words = _decide(fold, context, end)
    return Verdict(
        context.kata,
        kind,
        tuple(fold.tests.values()),
        round(seconds, 3),
        fold.seed,
        context.digest,
        warnings=tuple(fold.warnings),
        output="" if kind in ("solved", "failing", "untouched") else end.output,
        **words,
    )


def failure_from(data: dict[str, Any] | None) -> Failure | None:
    """A failure from an event's dictionary."""
    return Failure(**data) if data else None


def _take(fold: _Fold, event: dict[str, Any]) -> None:
    match event["event"]:
        case "collected":
            fold.seed = event["seed"]
            for test in event["tests"]:
                fold.tests[test["id"]] = TestResult(**test)
        case "started":
            fold.running = event["id"]
        case "finished":
            fold.running = ""
            planned = fold.tests.get(event["id"])
            if planned is not None:
                fold.tests[planned.id] = TestResult(
                    planned.id,
                    planned.sentence,
                    planned.guard,
                    planned.line,
                    event["outcome"],
                    round(event["seconds"], 4),
                    failure_from(event["failure"]),
                    tuple(event["exchanges"]),
                    event["output"],
                )
        case "warning":
            fold.warnings.append(event["text"])
        case "uncollected":
            fold.uncollected = event["message"]
        case "unavailable":
            fold.unavailable = {"message": event["message"], "advice": event["advice"]}
        case "tripped":
            fold.tripped = event["text"]
        case "nonsense":
            fold.nonsense = True
        case "ended":
            fold.ended = True


def _decide(fold: _Fold, context: Context, end: End) -> tuple[str, dict[str, Any]]:
    """The kind, and the words that go with it."""
    if context.touched:
        return "tampered", {
            "message": "The suite is not the original one: "
            f"{', '.join(context.touched)} {_was_changed(context.touched)}.",
            "advice": f"Restore it with `checker reset {context.kata} --suite`; "
            "your own work stays as it is.",
        }
    if fold.unavailable is not None:
        return "unavailable", dict(fold.unavailable)
    if context.canary and (fold.tripped or end.code == TRIPPED):
        what = f" ({fold.tripped})" if fold.tripped else ""
        did = f"reached into the process that judges it{what}"
        if fold.tripped.startswith("kata."):
            did = f"replaced a part of what is given ({fold.tripped.removeprefix('kata.')})"
        return "tampered", {"message": f"It {did}; no answer needs that."}
    if not fold.ended:
        return _died(fold, end)
    tests = list(fold.tests.values())
    for outcome, kind in (("broken", "broken"), ("unavailable", "unavailable")):
        hit = next((t for t in tests if t.outcome == outcome), None)
        if hit is not None and hit.failure is not None:
            return kind, {
                "message": hit.failure.message,
                "advice": hit.failure.advice,
                "file": hit.failure.file,
                "line": hit.failure.line,
            }
    if fold.uncollected or not tests:
        return "crashed", {
            "message": fold.uncollected or "The suite holds no test.",
            "advice": f"Restore it with `checker reset {context.kata} --suite`.",
        }
    late = next((t for t in tests if t.outcome == "timeout"), None)
    if late is not None and late.failure is not None:
        return "timeout", {"message": late.failure.message, "advice": late.failure.advice}
    if all(test.outcome == "passed" for test in tests):
        forged = _forged(fold, context)
        return ("tampered", {"message": forged}) if forged else ("solved", {})
    return ("untouched" if context.untouched else "failing"), {}


def _forged(fold: _Fold, context: Context) -> str:
    """Why a run in which every test passed cannot be believed; "" for no reason."""
    if context.tests and set(fold.tests) != set(context.tests):
        return "The run told of other tests than the suite holds."
    if context.canary and (fold.canary is None or fold.canary.outcome not in ("failed", "broken")):
        return "A test that no answer can pass was told to have passed, or not to have run."
    if fold.nonsense:
        return "Something else than the suite wrote into the run's results."
    return ""


def _was_changed(files: tuple[str, ...]) -> str:
    return "was changed or removed" if len(files) == 1 else "were changed or removed"


_TOO_MUCH = {
    "memory limit": "used more than {:.0f} MB of memory",
    "event limit": "said more than {:.0f} MB about itself",
}


def _died(fold: _Fold, end: End) -> tuple[str, dict[str, Any]]:
    """The process was ended from outside, or ended before it had run every test."""
    test = fold.tests.get(fold.running)
    during = f"during {test.id} ({test.sentence})" if test else "before the first test"
    if test is None and any(t.outcome != "not run" for t in fold.tests.values()):
        during = "between two tests"
    if end.how in ("test limit", "suite limit"):
        what = "one test" if end.how == "test limit" else "the whole suite"
        if test is not None:
            fold.tests[test.id] = TestResult(
                test.id, test.sentence, test.guard, test.line, "timeout", end.limit,
                Failure(f"Still running after {end.limit:g} seconds.", error="Timeout"),
            )  # fmt: skip
        return "timeout", {
            "message": f"Stopped {during}: {what} may take {end.limit:g} seconds.",
            "advice": "Look for a loop that never ends, or a wait for something that never comes.",
        }
    if end.how in _TOO_MUCH:
        return "crashed", {
            "message": f"Stopped {during}: it {_TOO_MUCH[end.how].format(end.limit / (1 << 20))}.",
            "advice": "Look for a list or a loop that grows without end.",
        }
    if end.code < 0:
        how = f"was killed by signal {-end.code}"
    else:
        how = f"ended by itself with exit code {end.code}"
    return "crashed", {
        "message": f"The process {how} {during}.",
        "advice": "Look for os._exit, or for code that uses up the memory.",
    }
