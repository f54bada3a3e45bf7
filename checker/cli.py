"""The ``checker`` command: a thin shell that finds the command and runs it."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from checker import __version__
from checker.errors import CheckerError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

COMMANDS = {
    "status": "where I stand: levels, bars, what is next",
    "list": "every kata with its state",
    "check": "run suites: a level, a kata, or everything",
    "watch": "stay with a kata: a verdict at each save",
    "next": "the next kata, in the editor",
    "open": "a kata, in the editor",
    "read": "a kata's page, in the terminal",
    "hint": "one more hint",
    "solution": "the reference, your difference, and notes",
    "reset": "the stub again, the old work kept aside",
    "serve": "a kata's app under a reloading server",
    "services": "PostgreSQL, Redis and others: show, start, stop",
    "doctor": "what is wrong with this set-up, and how to mend it",
    "ci": "at each push: what is solved, and did anything break",
    "grade": "for mentors: judge submissions, isolated",
    "report": "for a mentor: one learner or a class, also as HTML",
    "init": "a fresh workspace in a folder",
    "new": "for maintainers: scaffold a kata",
    "verify": "for maintainers: prove every suite",
    "mutants": "for maintainers: what a suite does not notice",
}
EXIT_OK, EXIT_USAGE, EXIT_INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after ``checker``; those of the process when not given.

    Returns:
        0 when all is well, 1 when something is not solved or not right, 2 when the command
        could not be done, 130 when it was interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A character that the output cannot show must never end a command.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except CheckerError as error:
        print(f"checker: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away, as in `checker list | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_OK
    return code


def _dispatch(words: list[str]) -> int:
    if words and words[0] in ("-h", "--help", "help"):
        if len(words) == 1:
            print(overview())
            return EXIT_OK
        words = [words[1], "--help"]
    if words and words[0] in ("-V", "--version"):
        print(f"checker {__version__}")
        return EXIT_OK
    name, rest = (
        ("status", words) if not words or words[0].startswith("-") else (words[0], words[1:])
    )
    if name not in COMMANDS:
        raise CheckerError(_unknown(name))
    module = importlib.import_module(f"checker.commands.{name}")
    return int(module.run(parser_of(name).parse_args(rest)))


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of one command's arguments; ``name`` is one of ``COMMANDS``."""
    import argparse
    import textwrap

    module = importlib.import_module(f"checker.commands.{name}")
    paragraphs = (module.__doc__ or "").strip().split("\n\n")
    parser = argparse.ArgumentParser(
        prog=f"checker {name}",
        description="\n\n".join(textwrap.fill(text, 80) for text in paragraphs),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    return parser


def overview() -> str:
    """The text of ``checker --help``."""
    lines = ["Usage: checker [COMMAND] [OPTIONS]", ""]
    lines += [f"  {name:<9} {text}" for name, text in COMMANDS.items()]
    lines += [
        "",
        "Without a command, `checker` shows where you stand.",
        "`checker COMMAND --help` explains one command. KATA is a number, a level with a",
        "number (mid/3), a name, a path, or nothing: the kata that you worked on last.",
    ]
    return "\n".join(lines)


def _unknown(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    guess = f" Did you mean `checker {close[0]}`?" if close else ""
    return f"There is no command {name!r}.{guess} `checker --help` lists them."
