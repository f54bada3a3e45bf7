"""Watch: a verdict at each save, keys that live during a run, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checker.verdict import Context, End, judge
from checker.views.style import Style
from checker.watch.changes import Saved, Watcher, is_ignored
from checker.watch.keys import split_keys
from checker.watch.screen import frame, keys_line
from checker.watch.state import Watching, scrolled, show_page
from tests.desk import FIXTURES, Desk
from tests.test_verdict import EXCHANGE, collected, ran

pty = pytest.importorskip("pty")
SOLVED = FIXTURES / "solutions" / "beginner" / "01_hello" / "app.py"


class Screen:
    """A watch session in a terminal of its own."""

    def __init__(self, desk: Desk, *words: str, **environment: str) -> None:
        import fcntl
        import struct
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "checker", "watch", *words],
            cwd=desk.root,
            env=desk.env(TERM="xterm", **environment),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._text = ""
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 65536):
                with self._lock:
                    self._text += data.decode(errors="replace")

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def last(self) -> str:
        """What the screen shows: the last whole frame."""
        with self._lock:
            frames = self._text.split("\x1b[H")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frames[-1])

    def wait(self, *wanted: str, seconds: float = 40) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            shown = self.last()
            if all(text in shown for text in wanted):
                return shown
            time.sleep(0.02)
        raise AssertionError(f"{wanted} was not shown; this was:\n{self.last()}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self._master)


@pytest.fixture
def watch(desk: Desk) -> Iterator[Callable[..., Screen]]:
    screens: list[Screen] = []

    def start(*words: str, **environment: str) -> Screen:
        screens.append(Screen(desk, *words, **environment))
        return screens[-1]

    yield start
    for screen in screens:
        screen.close()


def test_a_learner_works_through_a_kata(desk: Desk, watch: Callable[..., Screen]) -> None:
    screen = watch("hello")
    screen.wait("beginner 01 Say hello", "not started, 0 of 3", "Welcome to the FastAPI katas.")
    screen.press("f")
    screen.wait("expected 200 OK")
    screen.press("f")
    desk.write("app = (\n")
    screen.wait("cannot run", "syntax error in line 1")
    replacement = desk.hello / ".app.py.new"
    replacement.write_text(SOLVED.read_text())
    replacement.replace(desk.hello / "app.py")  # as many editors save
    screen.wait("solved, 3 of 3", "Solved. Every test passes.", "n goes on to beginner 02 Count")
    screen.press("h")
    screen.wait("Hint 1", "2 left")
    screen.press("h")
    screen.wait("Hint 2", "1 left")
    screen.press("k")
    screen.wait("The contract")
    screen.press("x")
    screen.wait("Put the stub of Say hello back?")
    screen.press("z")
    screen.wait("Solved.")
    screen.press("xy")
    screen.wait("not started, 0 of 3", "`checker reset --undo` brings it back")
    assert list((desk.root / ".kata/private/kept").rglob("app.py"))
    (desk.hello / "app.py").unlink()
    screen.wait("app.py is not there")
    desk.solve()
    screen.wait("solved, 3 of 3")
    desk.write("x = 1\n", name="test_app.py")
    screen.wait("the suite was changed", "reset beginner/01_hello --suite")
    desk.checker("reset", "hello", "--suite")
    screen.wait("solved, 3 of 3")
    screen.press("n")
    screen.wait("beginner 02 Count", "not started")
    screen.press("p")
    screen.wait("beginner 01 Say hello", "solved, 3 of 3")
    screen.press("q")
    assert screen.process.wait(10) == 0
    assert {"run", "open", "hint", "reset"} <= {entry["what"] for entry in desk.entries()}


def test_a_newcomer_is_welcomed_once_until_the_first_save(
    desk: Desk, watch: Callable[..., Screen]
) -> None:
    screen = watch("hello")
    screen.wait("Welcome to the FastAPI katas.", "not started")
    desk.write("app = None\n")
    assert "Welcome" not in screen.wait("cannot run")
    screen.press("q")
    assert screen.process.wait(10) == 0
    assert "Welcome" not in watch("hello").wait("cannot run")


def test_an_editor_in_the_terminal_gets_the_keys(
    desk: Desk, watch: Callable[..., Screen], tmp_path: Path
) -> None:
    desk.solve("02_count")
    editor = tmp_path / "editor.py"
    editor.write_text("print('EDITING', flush=True)\nopen(input(), 'w').close()\nprint('DONE')\n")
    screen = watch("count", EDITOR=f"{sys.executable} {editor}", TERM_PROGRAM="")
    screen.wait("solved")
    screen.press("o")
    assert "q quit" not in screen.wait("EDITING").partition("EDITING")[2]
    typed = tmp_path / "quit"
    screen.press(f"{typed}\n")
    screen.wait("opened in the editor", "q quit")
    assert typed.exists(), "no key went to the session"
    screen.press("q")
    assert screen.process.wait(10) == 0


def test_a_save_during_a_run_cancels_it_and_keys_stay_alive(
    desk: Desk, watch: Callable[..., Screen]
) -> None:
    toml = (desk.hello / "kata.toml").read_text()
    desk.write(toml.replace("test_seconds = 1", "test_seconds = 60"), name="kata.toml")
    desk.write("import time\n\ntime.sleep(60)\n")
    screen = watch("hello")
    screen.wait("running 0 of 4")
    screen.press("k")
    screen.wait("The contract", "running 0 of 4")
    screen.press("k")
    desk.checker("reset", "hello", "--suite")
    desk.solve()
    screen.wait("solved, 3 of 3")
    screen.press("q")
    assert screen.process.wait(10) == 0


def test_the_warm_process_is_replaced_when_it_dies(
    desk: Desk, watch: Callable[..., Screen]
) -> None:
    screen = watch("hello", KATA_MARK=str(desk.root))
    screen.wait("not started, 0 of 3")
    server = next(pid for pid, line in _marked(desk) if "runner.server" in line)
    os.kill(server, signal.SIGKILL)
    desk.solve()
    screen.wait("solved, 3 of 3")


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_session_dies(
    desk: Desk, watch: Callable[..., Screen], kill: signal.Signals
) -> None:
    desk.write("import time\n\ntime.sleep(60)\n")
    screen = watch("hello", KATA_MARK=str(desk.root))
    screen.wait("running 0 of 4")
    screen.process.send_signal(kill)
    screen.process.wait(10)
    deadline = time.monotonic() + 10
    while _marked(desk) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _marked(desk) == []


def test_lines_without_a_terminal(desk: Desk) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "checker", "watch", "hello"],
        cwd=desk.root,
        env=desk.env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert run.stdout is not None
    try:
        assert "not started, 0 of 3" in run.stdout.readline()
        while run.stdout.readline().strip() != "":
            continue
        desk.solve()
        while "solved, 3 of 3" not in (line := run.stdout.readline()):
            assert line, "the session ended"
    finally:
        run.kill()
        run.wait()
        run.stdout.close()


def _marked(desk: Desk) -> list[tuple[int, str]]:
    """The processes of a session, with their command lines (Linux)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"KATA_MARK={desk.root}".encode() in (folder / "environ").read_bytes():
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append((int(folder.name), line))
        except OSError:
            continue
    return found


def test_a_save_is_noticed_without_notifications(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watcher, "_listen", lambda self: None)
    saved: list[Saved] = []
    watcher = Watcher(desk.root / "katas", saved.append)
    watcher.follow(desk.hello)
    watcher.start()
    try:
        for text in ("a = 1\n", "b = 22\n"):
            before = len(saved)
            desk.write(text)
            deadline = time.monotonic() + 10
            while len(saved) == before and time.monotonic() < deadline:
                time.sleep(0.02)
    finally:
        watcher.stop()
    assert saved == [Saved(("app.py",), False)] * 2
    assert watcher.way == "looking", "and the screen says so"


@pytest.mark.parametrize("name", [".app.py.swp", "app.py~", "4913", "#app.py#", ".#app.py"])
def test_an_editors_own_files_are_no_saves(name: str) -> None:
    assert is_ignored(name)
    assert not is_ignored("app.py")


def test_keys_are_split_as_terminals_send_them() -> None:
    assert split_keys("h\x1b[AQ \x1b") == ["h", "up", "q", "page down", "escape"]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 10), (100, 50), (60, 3)])
@pytest.mark.parametrize("page", ["verdict", "full", "hints", "page", "reset", "welcome"])
def test_a_frame_fills_the_terminal_and_no_more(
    desk: Desk, width: int, height: int, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KATA_DATA", desk.environment["KATA_DATA"])
    from checker.catalog import Kata

    kata = Kata("beginner", 1, "hello", desk.hello)
    long = {"sent": "x" * 400, "got": '{"detail":"' + "y" * 400 + '"}'}
    failed = ran("test_books", "failed", message="z" * 300, line=0, test_line=0)
    failed[1]["exchanges"] = [{**EXCHANGE, **long}]
    verdict = judge([collected(), *failed, {"event": "ended"}], Context(kata.name), End(), 0.1)
    state = show_page(Watching(kata, verdict, hints=2, news="saved app.py"), page)
    lines = frame(state, Style(width=width), height)
    assert len(lines) == max(height, 6)
    for line in lines:
        assert len(line) <= width


def test_the_keys_shrink_to_the_width() -> None:
    assert keys_line(Style(width=80)).startswith("h hint  r run")
    assert keys_line(Style(width=40)) == "h  r  f  k  o  n  p  x  q"


def test_scrolling_stays_within_the_page() -> None:
    state = Watching(None)  # type: ignore[arg-type] - the kata does not matter
    down = scrolled(state, "page down", 10, 25)
    assert down.scroll == 10
    assert scrolled(down, "page down", 10, 25).scroll == 15
    assert scrolled(down, "page up", 10, 25).scroll == 0
    assert scrolled(state, "down", 10, 5).scroll == 0


def test_a_run_that_was_started_ahead_waits_for_its_word(desk: Desk) -> None:
    from checker.runner import Over, Sent
    from checker.runner.spec import Spec
    from checker.runner.warm import WarmRunner

    with WarmRunner() as runner:
        runner.start(Spec(1, str(desk.hello), str(desk.hello), wait=True))
        first = next(iter(runner.messages()))
        assert isinstance(first, Sent)
        assert first.event["event"] == "collected"
        assert list(runner.messages(0.5)) == [], "no test runs before the word"
        desk.solve()  # what the learner saves meanwhile is what is judged
        runner.go(1)
        rest = list(runner.messages())
    outcomes = [m.event["outcome"] for m in rest if isinstance(m, Sent) and "outcome" in m.event]
    assert outcomes == ["passed"] * 4
    assert isinstance(rest[-1], Over)


def test_a_request_to_a_dead_warm_process_tells_the_listener() -> None:
    from checker.runner import Gone
    from checker.runner.spec import Spec
    from checker.runner.warm import WarmRunner

    told: list[object] = []
    runner = WarmRunner()
    try:
        os.kill(runner.pid, signal.SIGKILL)
        os.waitid(os.P_PID, runner.pid, os.WEXITED | os.WNOWAIT)
        runner.listen(told.append)
        runner.start(Spec(1, "/nowhere", "/nowhere"))
        deadline = time.monotonic() + 10
        while not told and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        runner.close()
    assert [type(news) for news in told] == [Gone]


def test_a_child_dies_with_the_warm_process(desk: Desk) -> None:
    from checker.runner.spec import Spec
    from checker.runner.warm import WarmRunner

    desk.write("import time\n\ntime.sleep(60)\n")
    os.environ["KATA_MARK"] = str(desk.root)
    try:
        runner = WarmRunner()
    finally:
        del os.environ["KATA_MARK"]
    try:
        runner.start(Spec(1, str(desk.hello), str(desk.hello)))
        runner.start(Spec(2, str(desk.hello), str(desk.hello), wait=True))
        seen = 0
        for message in runner.messages():
            seen += message.event["event"] == "collected"  # type: ignore[union-attr]
            if seen == 2:
                break
        assert len(_marked(desk)) == 3
        os.kill(runner.pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while _marked(desk) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        runner.close()
    assert _marked(desk) == []
