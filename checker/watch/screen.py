"""Draws the state of a watch session as lines for a terminal of a given size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checker.commands.hint import hint_lines
from checker.files import read_or_none
from checker.views.failure import shown_path, wrap
from checker.views.pages import markdown_lines
from checker.views.verdicts import HEADLINES, verdict_lines
from checker.workspace import main_file, title_of

if TYPE_CHECKING:
    from checker.views.style import Style
    from checker.watch.state import Watching

KEYS = (
    ("h", "hint"),
    ("r", "run"),
    ("f", "full"),
    ("k", "kata page"),
    ("o", "open"),
    ("n", "next"),
    ("p", "previous"),
    ("x", "reset"),
    ("q", "quit"),
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = 5  # head, path, blank line, news, keys


def frame(state: Watching, style: Style, height: int) -> list[str]:
    """The whole screen, exactly ``height`` lines.

    Args:
        state: what to show.
        style: colours and width.
        height: the terminal's lines.
    """
    path = _cut(shown_path(main_file(state.kata)), style.width)
    head = [head_line(state, style), style.paint(path, "dim"), ""]
    room = max(1, height - _FRAME)
    body = body_lines(state, style)
    if state.page == "verdict":
        shown = _fit([_cut(line, style.width) for line in body], room, style)
    else:
        shown = body[state.scroll : state.scroll + room]
    shown += [""] * (room - len(shown))
    return [*head, *shown, news_line(state, style), keys_line(style)]


def body_height(height: int) -> int:
    """The lines that a page may fill on a terminal of ``height`` lines."""
    return max(1, height - _FRAME)


def head_line(state: Watching, style: Style) -> str:
    """Level, number and title; then the state of the kata."""
    kata = state.kata
    name = f"{kata.level} {kata.number:02} {title_of(kata)}"
    words, colour = _state_words(state)
    room = style.width - len(words) - 2
    if len(name) > room:
        name = name[: room - 1] + "…"
    return f"{style.paint(name.ljust(room), 'bold')}  {style.paint(words, colour)}"


def _state_words(state: Watching) -> tuple[str, str]:
    if state.running:
        if state.warming:
            return "starting …", "cyan"
        count = f" {state.done} of {state.planned}" if state.planned else ""
        return f"running{count} …", "cyan"
    if state.verdict is None:
        return "waiting", "cyan"
    verdict = state.verdict
    count = f", {verdict.passed} of {len(verdict.steps)}" if verdict.tests else ""
    colour = "green" if verdict.kind == "solved" else "yellow"
    return f"{HEADLINES[verdict.kind]}{count}, {state.took:.2f} s", colour


def body_lines(state: Watching, style: Style) -> list[str]:
    """What the page in view holds, in its whole length; only the verdict's lines may be long."""
    lines = _page_lines(state, style)
    if state.page == "verdict":
        return lines
    return [part for line in lines for part in _broken(line, style.width)]


def _page_lines(state: Watching, style: Style) -> list[str]:
    if state.page == "hints":
        return _hint_page(state, style)
    if state.page == "page":
        data = read_or_none(state.kata.folder / "README.md") or b"README.md is not there."
        return markdown_lines(data.decode(errors="replace"), style)
    if state.page == "reset":
        return _reset_page(state, style)
    if state.page == "welcome":
        return _welcome_page(state, style)
    if state.verdict is None:
        return wrap("Edit the file above and save it: the verdict comes by itself.", style.width)
    lines = verdict_lines(
        state.verdict, state.kata, style, every=state.page == "full", headed=False
    )
    if state.verdict.kind == "solved":
        lines = _solved_page(state, style)
    return lines


def _cut(line: str, width: int) -> str:
    """A line that is too long for the terminal, cut; a coloured one is short, or wrapped before."""
    return line if len(_ANSI.sub("", line)) <= width else f"{line[: width - 1]}…"


def _broken(line: str, width: int) -> list[str]:
    """A line that is too long for the terminal, broken into several."""
    if len(_ANSI.sub("", line)) <= width:
        return [line]
    return [line[start : start + width] for start in range(0, len(line), width)]


def _hint_page(state: Watching, style: Style) -> list[str]:
    hints = state.kata.file.hints
    lines = []
    for number, text in enumerate(hints[: state.hints], 1):
        lines += hint_lines(number, text, style.width)
    left = len(hints) - state.hints
    more = f"h gives one more hint ({left} left)" if left else "That was the last hint"
    return [*lines[1:], "", f"{more}; f or escape goes back."]


def _reset_page(state: Watching, style: Style) -> list[str]:
    return wrap(
        f"Put the stub of {title_of(state.kata)} back? Your version is kept aside. "
        "y does it, any other key goes back.",
        style.width,
    )


def _welcome_page(state: Watching, style: Style) -> list[str]:
    """What a newcomer needs to know; shown until the first key or save."""
    folder = shown_path(state.kata.folder)
    return [
        style.paint("Welcome to the FastAPI katas.", "bold"),
        "",
        f"1  Read {folder}/README.md",
        "   It has the question, and says what to build.",
        f"2  Edit {folder}/app.py",
        "3  Save. The verdict appears here, a moment later, and says what the API",
        "   still does wrong. Make the tests pass, from the first to the last.",
        "",
        "Stuck? h gives a hint, three of them a kata. k shows the kata's page here.",
        "Nothing is lost: x puts the stub back and keeps your version aside.",
        "",
        "This page goes with your first save, or with any key.",
    ]


def _solved_page(state: Watching, style: Style) -> list[str]:
    lines = [style.paint("Solved. Every test passes.", "green", "bold"), ""]
    lines += [f"{state.solved} of {state.total} katas are solved."]
    name = f"{state.kata.level}/{state.kata.number}"
    lines += wrap(f"Compare with the reference and its notes: checker solution {name}", style.width)
    if state.upcoming is not None:
        upcoming = f"{state.upcoming.level} {state.upcoming.number:02} {title_of(state.upcoming)}"
        lines += ["", f"n goes on to {upcoming}."]
    elif state.solved == state.total:
        lines += ["", "Every kata is solved. Well done."]
    return lines


def _fit(lines: list[str], room: int, style: Style) -> list[str]:
    """Keep the beginning, which has the first failure, and say that there is more."""
    if len(lines) <= room:
        return lines
    left = len(lines) - room + 1
    return [*lines[: room - 1], style.paint(f"({left} more lines: f shows all)", "dim")]


def news_line(state: Watching, style: Style) -> str:
    """What happened last, and how saves are noticed where that is out of the ordinary."""
    parts = [state.news]
    if state.way == "looking":
        parts.append("no notifications here: files are looked at every half second")
    text = "; ".join(part for part in parts if part)
    return style.paint(text[: style.width], "dim")


def keys_line(style: Style) -> str:
    """The keys, each with what it does as far as the terminal is wide enough."""
    for words in (True, False):
        shown = [(key, word if words else "") for key, word in KEYS]
        if sum(len(f"{key} {word}".strip()) + 2 for key, word in shown) - 2 <= style.width:
            break
    return "  ".join(f"{style.paint(key, 'bold', 'cyan')} {word}".rstrip() for key, word in shown)
