"""Go to the next kata: the first unsolved one after the kata that you worked on last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import progress
from checker.commands.open import show_and_open
from checker.commands.shared import open_desk

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments: none."""


def run(_args: argparse.Namespace) -> int:
    """Open the next kata."""
    desk = open_desk()
    last = progress.last_worked(desk.states)
    upcoming = progress.next_up(desk.states, last)
    if upcoming is None:
        print("Every kata is solved. Well done.")
        return 0
    if last is not None and upcoming.kata.name == last.name:
        print("This is the only kata that is left.")
    show_and_open(desk.workspace, upcoming.kata)
    return 0
