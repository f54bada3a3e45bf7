"""Read a kata's page in the terminal: the question, the story, the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import pristine
from checker.commands.shared import kata_argument, open_desk
from checker.errors import CheckerError
from checker.files import read_or_none
from checker.views.pages import show_markdown
from checker.views.progress import what_to_do

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    kata_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Print the page."""
    kata = open_desk().choose(args.kata)
    data = read_or_none(kata.folder / "README.md")
    if data is None:
        data = pristine.packed_files(f"katas/{kata.name}").get("README.md")
    if data is None:
        raise CheckerError(f"{kata.folder / 'README.md'} is not there.")
    show_markdown(data.decode(errors="replace"))
    print("\n".join(what_to_do(kata)))
    return 0
