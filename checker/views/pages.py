"""Markdown and source code in the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from checker.views.style import style_for

if TYPE_CHECKING:
    from rich.console import Console


def show_markdown(text: str) -> None:
    """Print Markdown, laid out for the terminal; as it is when the output is a file or pipe."""
    if not sys.stdout.isatty():
        print(text)
        return
    from rich.markdown import Markdown

    _console().print(Markdown(text, hyperlinks=False))


def show_source(code: str, name: str) -> None:
    """Print source code, highlighted where there is colour."""
    if not style_for().colour:
        print(code)
        return
    from rich.syntax import Syntax

    lexer = Syntax.guess_lexer(name, code)
    _console().print(Syntax(code, lexer, background_color="default", word_wrap=True))


def _console() -> Console:
    from rich.console import Console

    style = style_for()
    return Console(width=style.width, no_color=not style.colour, highlight=False)
