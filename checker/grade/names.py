"""Names that strangers chose: of people, of files in archives. None is trusted."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

_LENGTH = 80
_MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)(?:_.*)?", re.DOTALL)
_ARCHIVE = re.compile(r"\.(?:zip|tgz|tbz2?|txz|tar(?:\.(?:gz|bz2|xz))?)$", re.IGNORECASE)
_BRANCH = re.compile(r"-(?:main|master)$")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)


def clean_name(text: str, length: int = _LENGTH) -> str:
    """A name that can be shown anywhere; "" when nothing is left of it.

    Control characters, those that turn the direction of writing and other invisible ones are
    gone, white space is single, and it is cut to ``length`` characters.
    """
    composed = unicodedata.normalize("NFC", text[: 4 * length])
    kept = (" " if c.isspace() else c for c in composed if c.isprintable() or c.isspace())
    words = " ".join("".join(kept).split())
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def shown(path: str) -> str:
    """A path out of a submission as messages show it."""
    return clean_name(path) or "a file without a name"


def key(text: str) -> str:
    """What two spellings of a name have in common: no case, accents, marks nor order of words."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(sorted(re.findall(r"\w+", letters.replace("_", " "))))


def archive_stem(name: str) -> str | None:
    """The name of an archive without what says that it is one; None when it is none."""
    return _ARCHIVE.sub("", name) if _ARCHIVE.search(name) else None


def label_name(label: str) -> tuple[str, str]:
    """A person's name from that of a folder or archive, as Moodle and GitHub make them.

    Returns:
        The name, and Moodle's number, which tells two of the same name apart ("" for none).
        ``Ada Lovelace_1234_assignsubmission_file`` gives ``("Ada Lovelace", "1234")``,
        ``fastapi-katas-main`` gives ``("fastapi-katas", "")``.
    """
    found = _MOODLE.fullmatch(label)
    if found:
        return clean_name(found[1]), found[2][:12]
    stem = archive_stem(label.removesuffix(".git"))
    return clean_name(_BRANCH.sub("", label.removesuffix(".git") if stem is None else stem)), ""


def is_moodles(label: str) -> bool:
    """Whether Moodle named it: then all that lies in it is one person's."""
    return _MOODLE.fullmatch(label) is not None


def without_assignment(labels: list[str]) -> list[str]:
    """Take off what GitHub Classroom puts before each user's name: the assignment.

    ``katas-ada``, ``katas-bob-1``, ``katas-cleo`` become ``ada``, ``bob-1``, ``cleo``.
    Labels that do not all begin alike, or are fewer than three, stay as they are.
    """
    first, last = (min(labels), max(labels)) if len(labels) > 2 else ("", "")
    same = (a == b for a, b in zip(first, last, strict=False))
    common = first[: sum(takewhile(bool, same))]
    prefix = common[: common.rfind("-") + 1]
    if not prefix or any(len(label) == len(prefix) for label in labels):
        return labels
    return [label[len(prefix) :] for label in labels]


def split_path(name: str) -> tuple[str, ...] | str:
    """The parts of a file's path in an archive or a commit.

    Returns:
        The parts, or what is wrong with it: it leads outside, or means different files on
        different systems. Nothing of such a name is ever used.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not valid UTF-8"
    if "\0" in name:
        return "has a zero byte"
    if "\\" in name:
        return "has a backslash"
    if name.startswith("/"):
        return "is an absolute path"
    if re.match(r"[A-Za-z]:", name):
        return "begins with a drive letter"
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        return "leads out of its folder"
    return parts


def unportable(part: str) -> str:
    """Why a file may not have this name on every system; "" when it may.

    See https://learn.microsoft.com/windows/win32/fileio/naming-a-file: a colon names a stream of
    another file, a final dot or blank is dropped, ``NUL.txt`` is a device, and ``APP~1.PY`` may
    be ``app.py``.
    """
    if not part.isprintable():
        return "has an invisible character"
    if re.search(r'[<>:"|?*\\/]', part) or part.endswith((".", " ")) or part.startswith(" "):
        return "has a character that Windows does not allow there"
    if _DEVICES.fullmatch(part):
        return "is a device on Windows"
    if re.search(r"~\d", part):
        return "may mean another file on Windows"
    return ""


def folded(parts: tuple[str, ...]) -> str:
    """What is the same for names that are one file on macOS or Windows."""
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()
