"""Read one ``kata.toml`` into a typed model that refuses what it does not know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checker.errors import KataFileError

if TYPE_CHECKING:
    from pathlib import Path

SERVICES = ("postgres", "redis", "rabbitmq", "mongodb")
HINTS = 3

_REQUIRED = ("title", "question", "concepts", "minutes", "edit", "hints", "links")
_OPTIONAL = ("services", "given", "test_seconds")


@dataclass(frozen=True)
class Link:
    """A page of official documentation.

    Attributes:
        title: what the page is called.
        url: its address, beginning with ``https://``.
    """

    title: str
    url: str


@dataclass(frozen=True)
class KataFile:
    """What ``kata.toml`` says.

    Attributes:
        title: a few words, shown in every listing.
        question: the interviewer's question, one sentence.
        concepts: FastAPI notions that the kata trains, most important first.
        minutes: how long a learner of the level is expected to take.
        edit: files that the learner edits, relative to the kata's folder, ``app.py`` first.
        hints: exactly three, each saying more than the one before.
        links: at least one page of documentation.
        services: what the suite needs to run, from ``SERVICES``.
        given: files that belong to the kata and are read, not edited.
        test_seconds: how long one test may take, in seconds.
    """

    title: str
    question: str
    concepts: tuple[str, ...]
    minutes: int
    edit: tuple[str, ...]
    hints: tuple[str, ...]
    links: tuple[Link, ...]
    services: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    test_seconds: float = 5.0


def read_kata_file(path: Path) -> KataFile:
    """Read and check a ``kata.toml``.

    Args:
        path: the file.

    Returns:
        The typed content.

    Raises:
        KataFileError: the file is missing, is no TOML, or breaks the format; the error names
            the file, the key and the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise KataFileError(path, "", 0, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise KataFileError(path, "", 0, f"is not UTF-8 text ({error.reason})") from error
    return parse_kata_file(text, path)


def parse_kata_file(text: str, path: object) -> KataFile:
    """Check the text of a ``kata.toml``; ``path`` is only used in messages.

    Raises:
        KataFileError: as for `read_kata_file`.
    """
    import tomllib  # here, since listings mostly do without it

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise KataFileError(path, "", int(found[1]) if found else 0, str(error)) from error
    reader = _Reader(data, text, path)
    reader.refuse_unknown()
    kata = KataFile(
        title=reader.text("title"),
        question=reader.text("question"),
        concepts=reader.texts("concepts", least=1),
        minutes=reader.whole_number("minutes", 1, 240),
        edit=reader.files("edit", least=1),
        hints=reader.texts("hints", least=HINTS, most=HINTS),
        links=reader.links(),
        services=reader.choices("services", SERVICES),
        given=reader.files("given"),
        test_seconds=reader.seconds("test_seconds", KataFile.test_seconds),
    )
    both = set(kata.edit) & set(kata.given)
    if both:
        reader.fail("given", f"{min(both)!r} is also in `edit`; a file is one or the other")
    return kata


class _Reader:
    """Takes checked values out of the parsed TOML; every refusal knows its line."""

    def __init__(self, data: dict[str, Any], text: str, path: object) -> None:
        self.data = data
        self.source = text.splitlines()
        self.path = path

    def fail(self, key: str, problem: str, item: str | None = None) -> None:
        raise KataFileError(self.path, key, self._line(key, item), problem)

    def _line(self, key: str, item: str | None = None) -> int:
        """The line of a key, or of a string within its value: 1-based, 0 when absent."""
        top = re.compile(rf"\s*(\[\[?\s*)?[\"']?{re.escape(key.split('.')[0])}[\"']?\s*[=\]]")
        start = next((n for n, line in enumerate(self.source) if top.match(line)), None)
        if start is None:
            return 0
        if item:
            for number in range(start, len(self.source)):
                if item in self.source[number]:
                    return number + 1
        return start + 1

    def refuse_unknown(self) -> None:
        known = (*_REQUIRED, *_OPTIONAL)
        for key in self.data:
            if key not in known:
                self.fail(key, f"unknown key; the format has {', '.join(known)}")
        for key in _REQUIRED:
            if key not in self.data:
                self.fail(key, "is missing")

    def text(self, key: str) -> str:
        value = self.data[key]
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"must be a text that says something, not {value!r}")
        return str(value).strip()

    def texts(self, key: str, least: int = 0, most: int | None = None) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.fail(key, f"must be a list of texts, not {value!r}")
        if len(value) < least or (most is not None and len(value) > most):
            wanted = f"exactly {least}" if least == most else f"at least {least}"
            self.fail(key, f"must hold {wanted}, and holds {len(value)}")
        seen: set[str] = set()
        for item in value:
            if item in seen:
                self.fail(key, f"{item!r} stands there twice", item)
            seen.add(item)
        return tuple(v.strip() for v in value)

    def files(self, key: str, least: int = 0) -> tuple[str, ...]:
        names = self.texts(key, least=least)
        for name in names:
            parts = name.split("/")
            if name.startswith("/") or "\\" in name or ":" in name or ".." in parts:
                self.fail(key, f"{name!r} must be a path inside the kata's folder, with /", name)
        return names

    def choices(self, key: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        names = self.texts(key)
        for name in names:
            if name not in allowed:
                self.fail(key, f"{name!r} is none of {', '.join(allowed)}", name)
        return names

    def whole_number(self, key: str, least: int, most: int) -> int:
        value = self.data[key]
        if type(value) is not int or not least <= value <= most:
            self.fail(key, f"must be a whole number from {least} to {most}, not {value!r}")
        return int(value)

    def seconds(self, key: str, default: float) -> float:
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 120:
            self.fail(key, f"must be a number of seconds above 0 and up to 120, not {value!r}")
        return float(value)

    def links(self) -> tuple[Link, ...]:
        value = self.data["links"]
        if not isinstance(value, list) or not value:
            self.fail("links", "must hold at least one table with `title` and `url`")
        links = []
        for entry in value:
            if not isinstance(entry, dict) or set(entry) != {"title", "url"}:
                self.fail("links", f"each must have `title` and `url` and nothing else: {entry!r}")
            title, url = str(entry["title"]), str(entry["url"])
            if not url.startswith("https://"):
                self.fail("links", f"{url!r} must begin with https://", url)
            links.append(Link(title, url))
        return tuple(links)
