"""Texts that other people's code has written, made harmless for each place they are shown in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME, LINE, MESSAGE = 60, 300, 1_200
"""How many characters are shown at most of a name, a line, a message."""

_MOST_HEADERS = 12
# Control characters (terminals obey them), those that turn the direction of writing, invisible
# ones, halves of surrogate pairs, and what XML 1.0 (section 2.2) does not allow.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
# The last two are where GitHub makes links by itself (GFM, "Autolinks (extension)").
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!$&^]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), and the wide
# forms that some turn into it.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def visible(text: str) -> str:
    """The text with hidden characters written out as Python writes them; line ends stay."""
    text = text.replace("\r\n", "\n").replace("\t", "    ")
    return _HIDDEN.sub(lambda found: _escape(ord(found[0])), text)


def one_line(text: str, most: int = LINE) -> str:
    """The text on one line, without hidden characters, at most ``most`` characters long."""
    return _cut(visible(" ".join(text[: 8 * most].split())), most)


def some_lines(text: str, most: int = MESSAGE) -> list[str]:
    """The text's lines, without hidden characters, at most ``most`` characters in all."""
    return _cut(visible(text[: 8 * most]), most).rstrip().split("\n")


def markdown(text: str, most: int = LINE) -> str:
    """The text for the middle of a line or a cell of GitHub's Markdown: it means nothing there.

    An ``@`` is parted from what follows, so that nobody is notified.
    """
    return _MARKDOWN.sub(r"\\\1", one_line(text, most)).replace("@", "@\u200c")


def spreadsheet(text: str, most: int = MESSAGE) -> str:
    """The text for a cell of a CSV file: on one line, and no formula in any spreadsheet."""
    line = one_line(text, most)
    return f"'{line}" if line.startswith(_FORMULA) else line


def tame_exchange(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """A request with its answer, whole and of the right types, whatever came.

    Args:
        exchange: what should be the data of a `checker.harness.exchanges.Exchange`.

    Returns:
        All that `checker.views.failure.exchange_lines` needs.
    """
    get = exchange.get
    status = get("status")
    return {
        "method": one_line(_text(get("method")), 20),
        "target": one_line(_text(get("target"))),
        "sent": one_line(_text(get("sent"))),
        "sent_headers": _headers(get("sent_headers")),
        "status": status if type(status) is int and 0 < status < 1000 else None,
        "got": one_line(_text(get("got"))),
        "got_headers": _headers(get("got_headers")),
        "error": one_line(_text(get("error"))),
    }


def _headers(headers: object) -> dict[str, str]:
    pairs = list(headers.items())[:_MOST_HEADERS] if isinstance(headers, dict) else []
    return {one_line(_text(name), NAME): one_line(_text(value), 160) for name, value in pairs}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
