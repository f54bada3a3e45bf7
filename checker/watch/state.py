"""What a watch session knows, and how keys and news change it. No I/O here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.catalog import Kata
    from checker.verdict import Verdict

PAGES = ("verdict", "full", "hints", "page", "reset", "welcome")


@dataclass(frozen=True)
class Watching:
    """The state that the screen shows.

    Attributes:
        kata: the kata at work.
        verdict: its last verdict; None before the first.
        running: whether a run is under way.
        warming: whether the runner is still starting.
        done: how many tests of the run have ended.
        planned: how many tests it has.
        page: what is shown, one of ``PAGES``.
        scroll: lines scrolled down in a page that is longer than the screen.
        hints: how many hints were taken.
        took: seconds from the save to the verdict.
        news: one line about what happened last.
        way: how saves are noticed, see ``Watcher.way``.
        upcoming: the kata that ``n`` goes to; None when it is the only one.
        solved: how many katas are solved.
        total: how many katas there are.
    """

    kata: Kata
    verdict: Verdict | None = None
    running: bool = False
    warming: bool = True
    done: int = 0
    planned: int = 0
    page: str = "verdict"
    scroll: int = 0
    hints: int = 0
    took: float = 0.0
    news: str = ""
    way: str = "notified"
    upcoming: Kata | None = None
    solved: int = 0
    total: int = 0


def show_page(state: Watching, page: str) -> Watching:
    """Show a page; the same key again goes back to the verdict."""
    return replace(state, page="verdict" if state.page == page else page, scroll=0)


def scrolled(state: Watching, key: str, height: int, length: int) -> Watching:
    """Scroll by a line or a page, within what there is.

    Args:
        state: the state before.
        key: ``up``, ``down``, ``page up`` or ``page down``.
        height: the lines that the screen shows at once.
        length: the lines that there are.
    """
    step = {"up": -1, "down": 1, "page up": -height, "page down": height}[key]
    return replace(state, scroll=max(0, min(state.scroll + step, length - height)))


def began_run(state: Watching) -> Watching:
    """A run has begun."""
    return replace(state, running=True, done=0, planned=0)


def took_event(state: Watching, event: dict[str, object]) -> Watching:
    """The run sent an event."""
    if event["event"] == "collected":
        tests = event["tests"]
        return replace(state, warming=False, planned=len(tests) if isinstance(tests, list) else 0)
    if event["event"] == "finished":
        return replace(state, warming=False, done=state.done + 1)
    return state


def ended_run(state: Watching, verdict: Verdict, took: float) -> Watching:
    """A run has come to its verdict."""
    return replace(state, running=False, warming=False, verdict=verdict, took=took)
