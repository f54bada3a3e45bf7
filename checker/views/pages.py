"""Markdown and source code in the terminal."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from checker.views.style import style_for

if TYPE_CHECKING:
    from rich.console import Console

    from checker.views.style import Style


def show_markdown(text: str) -> None:
    """Print Markdown, laid out for the terminal; as it is when the output is a file or pipe."""
    print("\n".join(markdown_lines(text, style_for())) if sys.stdout.isatty() else text)


def markdown_lines(text: str, style: Style) -> list[str]:
    """Markdown laid out for a terminal, without line ends; addresses of links are written out."""
    from rich.markdown import Markdown

    console = _console(style, io.StringIO())
    with console.capture() as captured:
        console.print(Markdown(text, hyperlinks=False))
    return [line.rstrip() for line in captured.get().splitlines()]


def show_source(code: str, name: str) -> None:
    """Print source code, highlighted where there is colour."""
    style = style_for()
    if not style.colour:
        print(code)
        return
    from rich.syntax import Syntax

    lexer = Syntax.guess_lexer(name, code)
    _console(style).print(Syntax(code, lexer, background_color="default", word_wrap=True))


def _console(style: Style, file: io.StringIO | None = None) -> Console:
    from rich.console import Console

    return Console(
        width=style.width,
        file=file,
        force_terminal=style.colour or None,
        no_color=not style.colour,
        highlight=False,
    )
