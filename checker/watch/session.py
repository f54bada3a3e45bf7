"""One watch session: takes news from a queue, runs the suite, and draws."""

from __future__ import annotations

import contextlib
import queue
import signal
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from checker import journal, progress
from checker.commands.shared import Desk, open_desk, remember
from checker.editor import in_terminal, open_kata
from checker.errors import CheckerError
from checker.files import names_file
from checker.learner import learner_job
from checker.runner import Gone, Over, Sent, open_runner
from checker.runner.fingerprint import fingerprint
from checker.verdict import Context, Verdict, judge
from checker.views.problems import problem_lines
from checker.views.style import Style, style_for
from checker.views.verdicts import verdict_lines
from checker.watch.changes import Saved, Signature, Watcher, signature
from checker.watch.screen import body_height, body_lines, frame
from checker.watch.state import Watching, began_run, ended_run, scrolled, show_page, took_event
from checker.watch.terminal import Terminal, terminal_size
from checker.workspace import Workspace, edit_names, reset_stub

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from checker.catalog import Kata
    from checker.runner import Runner


@dataclass(frozen=True)
class Key:
    """A key was pressed."""

    name: str


@dataclass(frozen=True)
class Resized:
    """The terminal's size has changed."""


News = Key | Resized | Saved | Sent | Over | Gone


@dataclass
class _Run:
    """The run under way."""

    number: int
    context: Context
    began: float
    events: list[dict[str, Any]]


@dataclass
class _Spare:
    """A run that was started ahead: its suite is collected, and it waits for the next save."""

    number: int
    suite: Signature
    events: list[dict[str, Any]]


class Session:
    """Stays with one kata until it is told to quit.

    Args:
        desk: the workspace and where each kata stands.
        kata: the kata to begin with.
        show: draws a state.
        welcome: begin with the page for newcomers.
        lend: gives the terminal to an editor that needs it, for as long as it is open.
    """

    def __init__(
        self,
        desk: Desk,
        kata: Kata,
        show: Callable[[Watching], object],
        *,
        welcome: bool = False,
        lend: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self.workspace: Workspace = desk.workspace
        self.inbox: queue.Queue[News] = queue.Queue()
        self.state = Watching(kata, page="welcome" if welcome else "verdict")
        self._show = show
        self._lend = lend
        self._runner: Runner | None = None
        self._made = fingerprint()
        self._run: _Run | None = None
        self._spare: _Spare | None = None
        self._number = 0
        self._failures = 0
        self._watcher = Watcher(desk.workspace.katas, self.inbox.put)
        self._quit = False
        self._own_write = False
        self._watcher.follow(kata.folder)
        self._look_around(desk)

    def watch(self) -> None:
        """Run until quit."""
        try:
            self._watcher.start()
            self._begin_run()
            while not self._quit:
                with contextlib.suppress(queue.Empty):
                    # With a time-out, so that Ctrl-C gets through on Windows, too.
                    self._take(self.inbox.get(timeout=1))
                # Several news may have come together; they are drawn once.
                while not self._quit and not self.inbox.empty():
                    self._take(self.inbox.get())
                self.state = replace(self.state, way=self._watcher.way)
                self._show(self.state)
        finally:
            self._watcher.stop()
            if self._runner is not None:
                self._runner.close()

    def _take(self, news: News) -> None:
        match news:
            case Key(name):
                self._press(name)
            case Saved(names):
                self._leave_welcome()
                if not self._own_write:  # else the news is where the old version is kept
                    self.state = replace(self.state, news=f"saved {', '.join(names[:3])}")
                self._own_write = False
                self._begin_run()
            case Sent(run, event) if self._run and run == self._run.number:
                self._run.events.append(event)
                self.state = took_event(self.state, event)
            case Sent(run, event) if self._spare and run == self._spare.number:
                self._spare.events.append(event)
            case Over(run) if self._spare and run == self._spare.number:
                self._spare = None
            case Over(run, end, seconds) if self._run and run == self._run.number:
                took = time.monotonic() - self._run.began
                verdict = judge(self._run.events, self._run.context, end, seconds)
                self._run = None
                self._failures = 0
                self._settle(verdict, took)
                self._start_spare()
            case Gone(reason):
                self._recover(reason)

    def _settle(self, verdict: Verdict, took: float) -> None:
        """Show a verdict first, and remember it then: the learner is waiting for the one."""
        self.state = ended_run(self.state, verdict, took)
        if self.state.page == "reset":
            self.state = replace(self.state, page="verdict")
        self._show(self.state)
        if verdict.kind != "untouched":
            remember(self.workspace, journal.entry_of_verdict(verdict, "watch"))
        if verdict.kind == "solved":
            self._look_around(open_desk())
            self._show(self.state)

    def _begin_run(self) -> None:
        """Start a run; one that is under way is cancelled."""
        now = fingerprint()
        if self._runner is not None and now != self._made:
            self._runner.close()
            self._runner = self._spare = None
            self.state = replace(self.state, warming=True, news="packages changed: starting anew")
        if self._runner is None:
            self._made = now
            self._runner = open_runner()
            self._runner.listen(self.inbox.put)
        elif self._run is not None:
            self._runner.cancel(self._run.number)
        began = time.monotonic()
        job = learner_job(self.state.kata)
        spare, self._spare = self._spare, None
        if spare is not None and spare.suite == suite_signature(self.state.kata):
            self._run = _Run(spare.number, job.context, began, spare.events)
            self._runner.go(spare.number)
        else:
            if spare is not None:
                self._runner.cancel(spare.number)
            self._number += 1
            self._run = _Run(self._number, job.context, began, [])
            spec = job.prepare(self._number)
            if not self._runner.is_up(spec):
                news = f"starting {' and '.join(spec.services)}"
                self._show(replace(began_run(self.state), warming=True, news=news))
            self._runner.start(spec)
        self.state = began_run(self.state)
        for event in self._run.events:
            self.state = took_event(self.state, event)

    def _start_spare(self) -> None:
        """Start the next run ahead: all that does not depend on the learner's files is done."""
        if self._runner is None or not self._runner.starts_ahead:
            return
        kata = self.state.kata
        self._number += 1
        spec = replace(learner_job(kata).prepare(self._number), wait=True)
        self._spare = _Spare(self._number, suite_signature(kata), [])
        self._runner.start(spec)

    def _recover(self, reason: str) -> None:
        """The warm process died: start another, but not without end."""
        self._failures += 1
        if self._runner is not None:
            self._runner.close()
        self._runner = self._run = self._spare = None
        self.state = replace(self.state, running=False, news=reason)
        if self._failures <= 2:
            self._begin_run()

    def _leave_welcome(self) -> None:
        if self.state.page == "welcome":
            self.state = replace(self.state, page="verdict")

    def _press(self, key: str) -> None:
        self._leave_welcome()
        if self.state.page == "reset":
            self.state = replace(self.state, page="verdict")
            if key == "y":
                self._reset()
            return
        actions: dict[str, Callable[[], None]] = {
            "q": self._stop,
            "r": self._begin_run,
            "h": self._hint,
            "f": lambda: self._page("full"),
            "k": lambda: self._page("page"),
            "x": lambda: self._page("reset"),
            "o": self._open,
            "n": lambda: self._go(1),
            "p": lambda: self._go(-1),
            "escape": lambda: self._page("verdict"),
        }
        if key in ("up", "down", "page up", "page down"):
            size = terminal_size()
            length = len(body_lines(self.state, style_for()))
            page = "full" if self.state.page == "verdict" else self.state.page
            self.state = replace(self.state, page=page)
            self.state = scrolled(self.state, key, body_height(size.lines), length)
        elif key in actions:
            actions[key]()

    def _stop(self) -> None:
        self._quit = True

    def _page(self, page: str) -> None:
        self.state = show_page(self.state, page)

    def _hint(self) -> None:
        """Show the hints taken so far; on their page, and at the very first, take one more."""
        more = self.state.hints < len(self.state.kata.file.hints)
        if more and (self.state.page == "hints" or not self.state.hints):
            self.state = replace(self.state, hints=self.state.hints + 1)
            entry = journal.Entry(
                journal.now(), self.state.kata.name, "hint", hint=self.state.hints
            )
            remember(self.workspace, entry)
        self.state = replace(self.state, page="hints", scroll=0)

    def _open(self) -> None:
        with self._lend() if in_terminal() else contextlib.nullcontext():
            problem = open_kata(self.state.kata)
        self.state = replace(self.state, news=problem or "opened in the editor")

    def _reset(self) -> None:
        try:
            kept, written = reset_stub(self.workspace, self.state.kata)
        except CheckerError as error:
            self.state = replace(self.state, news=str(error))
            return
        news = "the stub is back"
        if kept:
            news = "your version is kept: `checker reset --undo` brings it back"
        if not (kept or written):
            news = "it was the stub already"
        self._own_write = bool(kept or written)
        self.state = replace(self.state, news=news)
        remember(self.workspace, journal.Entry(journal.now(), self.state.kata.name, "reset"))

    def _go(self, step: int) -> None:
        """Go to the next unsolved kata, or to the one before this in the catalogue."""
        desk = open_desk()
        katas = desk.workspace.catalog
        if step > 0:
            upcoming = progress.next_up(desk.states, self.state.kata)
            target = upcoming.kata if upcoming else self.state.kata
        else:
            place = [kata.name for kata in katas].index(self.state.kata.name)
            target = katas[(place - 1) % len(katas)]
        if target.name == self.state.kata.name:
            self.state = replace(self.state, news="there is no other kata to go to")
            return
        self.state = Watching(target, warming=False)
        if self._spare is not None and self._runner is not None:
            self._runner.cancel(self._spare.number)
        self._spare = None
        self._watcher.follow(target.folder)
        self._look_around(desk)
        remember(self.workspace, journal.Entry(journal.now(), target.name, "open"))
        self._begin_run()

    def _look_around(self, desk: Desk) -> None:
        """Know what the screen says about this kata and the others."""
        kata = self.state.kata
        states = desk.states
        upcoming = progress.next_up(states, kata)
        self.state = replace(
            self.state,
            hints=desk.state(kata).hints,
            solved=sum(state.state == "solved" for state in states),
            total=len(states),
            upcoming=upcoming.kata if upcoming and upcoming.kata.name != kata.name else None,
        )


def suite_signature(kata: Kata) -> Signature:
    """What tells that a suite, or a given file, was changed since a run was started ahead."""
    names = edit_names(kata)
    found = signature(kata.folder)
    return {name: sign for name, sign in found.items() if not names_file(names, name)}


def draw(state: Watching) -> None:
    """Draw a state over what the screen shows, in one write, so that nothing flickers."""
    size = terminal_size()
    base = style_for()
    style = Style(base.colour, max(40, min(size.columns, 100)), base.unicode)
    lines = frame(state, style, size.lines)
    # Each line is erased before it is written: after a full one the last column would go.
    sys.stdout.write("\x1b[H" + "\n".join(f"\x1b[K{line}" for line in lines[: size.lines]))
    sys.stdout.flush()


def watch_on_screen(desk: Desk, kata: Kata, *, welcome: bool = False) -> None:
    """Watch with a live view and keys."""
    terminal = Terminal(lambda key: session.inbox.put(Key(key)))
    session = Session(desk, kata, draw, welcome=welcome, lend=terminal.lent)
    if hasattr(signal, "SIGWINCH"):
        signal.signal(signal.SIGWINCH, lambda *_: session.inbox.put(Resized()))
    with terminal:
        session.watch()


def watch_in_lines(desk: Desk, kata: Kata, *, problems: bool = False) -> None:
    """Watch without a terminal: each verdict is printed as it comes.

    Args:
        desk: the workspace and where each kata stands.
        kata: the kata to watch.
        problems: print when a run begins, and a line a failure, for editors.
    """
    shown: list[Verdict | None] = [None]
    running = [False]

    def show(state: Watching) -> None:
        if problems and state.running and not running[0]:
            print(f"checking {state.kata.name} …", flush=True)
        running[0] = state.running
        if state.verdict is None or state.running or state.verdict is shown[0]:
            return
        shown[0] = state.verdict
        lines = verdict_lines(state.verdict, state.kata, style_for(), every=False)
        if problems:
            lines += problem_lines(state.verdict, state.kata)
        print("\n".join(lines), f"\n({state.took:.2f} s)\n", flush=True)

    Session(desk, kata, show).watch()
