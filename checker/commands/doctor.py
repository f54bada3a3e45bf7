"""Look for what is wrong with this set-up, and say how to mend it.

Exit code 0 when nothing is wrong, 1 when something is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.commands.shared import json_argument
from checker.diagnosis import diagnose
from checker.views.failure import wrap
from checker.views.style import style_for

if TYPE_CHECKING:
    import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    json_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Make every check and print what it found."""
    findings = list(diagnose())
    bad = sum(finding.level == "bad" for finding in findings)
    if args.json:
        import json

        print(json.dumps({"schema": 1, "findings": [vars(f) for f in findings]}, indent=2))
        return 1 if bad else 0
    style = style_for()
    colours = {"good": "green", "note": "yellow", "bad": "red"}
    for finding in findings:
        lines = wrap(f"{finding.level:<5} {finding.check}: {finding.words}", style.width, "      ")
        lines[0] = lines[0].replace(
            finding.level, style.paint(finding.level, colours[finding.level]), 1
        )
        print("\n".join(lines))
        if finding.mend:
            print("\n".join(wrap(f"      {finding.mend}", style.width)))
    print("\nNothing is wrong." if not bad else f"\n{bad} to mend.")
    return 1 if bad else 0
