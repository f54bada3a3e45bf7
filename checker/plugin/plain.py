"""What plain pytest adds at the end of a run: progress kept, and one screen that says what next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checker.catalog import SUITE, Kata, parse_folder_name
from checker.errors import CheckerError
from checker.plugin.suites import Suite, suite_of

if TYPE_CHECKING:
    from checker.verdict import Verdict
    from checker.workspace import Workspace


@dataclass
class _Seen:
    """One suite's part of the run."""

    suite: Suite
    events: list[dict[str, Any]] = field(default_factory=list)
    collected: set[str] = field(default_factory=set)
    seconds: float = 0.0


@dataclass(frozen=True)
class Partial:
    """A suite of which only some tests were run, so that it is no progress.

    Attributes:
        kata: the kata.
        verdict: of the tests that ran.
        ran: how many these were.
        total: how many there are.
    """

    kata: Kata
    verdict: Verdict
    ran: int
    total: int


class PlainRun:
    """Listens to the events of a plain pytest run.

    Args:
        config: of the run.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.suites: dict[str, _Seen] = {}
        self.verdicts: list[tuple[Kata, Verdict]] = []
        self.partial: list[Partial] = []
        self.workspace: Workspace | None = None
        self.unreadable: dict[str, str] = {}
        self.unsaved = ""
        self.quiet = False
        self._began = 0.0

    def pytest_kata_event(self, suite: Suite, event: dict[str, Any]) -> None:
        """Keep an event for the end of the run."""
        seen = self.suites.setdefault(suite.name, _Seen(suite))
        if event["event"] == "collected":
            seen.collected = {test["id"].partition("[")[0] for test in event["tests"]}
        elif event["event"] == "started":
            self._began = time.perf_counter()
        elif event["event"] == "finished":
            seen.seconds += time.perf_counter() - self._began
        seen.events.append(event)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a suite could not be read; the other suites are run all the same."""
        path = Path(str(report.fspath or ""))
        folder = self.config.rootpath / path.parent
        if report.failed and path.name == SUITE and (folder / "kata.toml").is_file():
            lines = [line for line in str(report.longrepr).splitlines() if line.strip()]
            reason = lines[-1].removeprefix("E").strip() if lines else "no reason given"
            name = f"{folder.parent.name}/{folder.name}"
            self.unreadable[name] = reason
            self.config.option.continue_on_collection_errors = True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Leave the failures to the closing section when the run holds nothing but katas."""
        option = self.config.option
        items = session.items
        if items and all(suite_of(item) for item in items):
            if option.tbstyle == "auto":
                option.tbstyle = "no"
                self.quiet = True
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None and option.reportchars == "fE":
                reporter.reportchars = ""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge each suite that was run whole, and keep it in the journal."""
        if hasattr(self.config, "workerinput") or self.config.option.collectonly:
            return
        for seen in self.suites.values():
            self._settle(seen)
        if self.workspace is not None and self.verdicts:
            self.unsaved = _remember(self.workspace, [verdict for _, verdict in self.verdicts])

    def _settle(self, seen: _Seen) -> None:
        from checker.verdict import Context, End, judge
        from checker.workspace import (
            is_untouched,
            is_workspace,
            learner_digest,
            touched_files,
            workspace_of,
        )

        folder = seen.suite.folder
        parsed = parse_folder_name(folder.name)
        workspace = workspace_of(folder)
        if parsed is None or workspace is None or not is_workspace(workspace.root):
            return
        self.workspace = workspace
        kata = Kata(folder.parent.name, *parsed, folder)
        digest = learner_digest(kata)
        context = Context(kata.name, digest, touched_files(kata), is_untouched(kata, digest))
        verdict = judge([*seen.events, {"event": "ended"}], context, End(), seen.seconds)
        finished = {e["id"] for e in seen.events if e["event"] == "finished"}
        left_out = _test_functions(seen.suite) - seen.collected
        if left_out or len(finished) < len(verdict.tests):
            total = len(verdict.tests) + len(left_out)
            self.partial.append(Partial(kata, verdict, len(finished), total))
        else:
            self.verdicts.append((kata, verdict))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the closing section."""
        if self.verdicts or self.partial or self.unreadable:
            from checker.plugin.closing import closing_lines

            title, lines = closing_lines(self)
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.write_line(line)


def _remember(workspace: Workspace, verdicts: list[Verdict]) -> str:
    """Write the journal; the returned text says why it could not be, "" when it could."""
    from checker.journal import append, entry_of_verdict

    try:
        append(workspace.journal, *(entry_of_verdict(v, "pytest") for v in verdicts))
    except (OSError, CheckerError) as error:
        return str(error)
    return ""


def _test_functions(suite: Suite) -> set[str]:
    """The names of the suite's tests, from its source: which the run may have left out."""
    import ast

    try:
        tree = ast.parse(suite.path.read_bytes())
    except (OSError, SyntaxError):
        return set()
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    }
