"""What several commands need: the desk with workspace, journal and progress on it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker import journal, progress
from checker.catalog import LEVELS, Kata, find_kata
from checker.errors import CheckerError
from checker.workspace import Workspace, find_workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


@dataclass(frozen=True)
class Desk:
    """The workspace and what is known about it.

    Attributes:
        workspace: the workspace.
        entries: the journal's entries.
        damaged: the journal's lines that could not be read.
        states: where each kata stands.
    """

    workspace: Workspace
    entries: list[journal.Entry]
    damaged: list[journal.Damaged]
    states: list[progress.KataProgress]

    def state(self, kata: Kata) -> progress.KataProgress:
        """Where one kata stands."""
        return next(state for state in self.states if state.kata.name == kata.name)

    def current(self) -> Kata:
        """The kata worked on last; at the very start the first one."""
        return progress.last_worked(self.states) or self.workspace.catalog[0]

    def choose(self, text: str | None) -> Kata:
        """The kata that a KATA argument means; without one the current kata.

        Raises:
            UnknownKata: none fits, or several.
        """
        current = self.current()
        return find_kata(self.workspace.catalog, text, current.level) if text else current


def open_desk() -> Desk:
    """Find the workspace and fold its journal.

    Raises:
        CatalogError: there is no workspace here.
        CheckerError: the journal is there and cannot be read.
    """
    workspace = find_workspace()
    try:
        entries, damaged = journal.read(workspace.journal)
    except OSError as error:
        raise CheckerError(
            f"{workspace.journal} cannot be read ({error.strerror}). Mend its permissions."
        ) from error
    return Desk(workspace, entries, damaged, progress.fold(workspace.catalog, entries))


def choose_many(desk: Desk, words: Sequence[str]) -> list[Kata]:
    """The katas that WHAT arguments mean: levels, ``all``, or katas; in the catalogue's order.

    Raises:
        UnknownKata: a word fits no kata, or several.
    """
    chosen: set[str] = set()
    for word in words:
        level = word.removeprefix("katas/").rstrip("/")
        if word == "all" or level in ("katas", "."):
            chosen |= {kata.name for kata in desk.workspace.catalog}
        elif level in LEVELS:
            chosen |= {kata.name for kata in desk.workspace.catalog if kata.level == level}
        else:
            chosen.add(desk.choose(word).name)
    return [kata for kata in desk.workspace.catalog if kata.name in chosen]


def remember(workspace: Workspace, *entries: journal.Entry) -> None:
    """Append to the journal; when that is not possible, say so and go on."""
    try:
        journal.append(workspace.journal, *entries)
    except OSError as error:
        reason = error.strerror or str(error)
        print(f"Progress could not be saved: {workspace.journal}: {reason}", file=sys.stderr)


def report_damaged(desk: Desk) -> None:
    """Say which lines of the journal could not be read."""
    if not desk.damaged:
        return
    numbers = ", ".join(str(line.line) for line in desk.damaged[:5])
    more = f" and {len(desk.damaged) - 5} more" if len(desk.damaged) > 5 else ""
    print(
        f"{desk.workspace.journal}: line {numbers}{more} cannot be read and was passed over.\n"
        "Everything else counts; the damaged text is left as it is.",
        file=sys.stderr,
    )


def kata_argument(parser: argparse.ArgumentParser) -> None:
    """Add the KATA argument."""
    parser.add_argument(
        "kata",
        nargs="?",
        metavar="KATA",
        help="a number, a name or a path (default: the kata worked on last)",
    )


def json_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON, with a schema version")
