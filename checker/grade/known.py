"""What is known of every suite before a submission is opened: its tests, and who can judge them.

`checker verify --outside` finds it out and writes it beside the packed originals.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from checker import pristine
from checker.files import write_whole

KNOWN = "tests.json"


@dataclass(frozen=True)
class KnownTest:
    """A test of a suite.

    Attributes:
        id: as in the suite.
        guard: whether it is no step.
        outside: whether it can be judged from outside: it passes there on every right answer.
    """

    id: str
    guard: bool
    outside: bool


def read_known() -> dict[str, list[KnownTest]]:
    """The tests of each suite, by kata; empty when nothing was written yet."""
    try:
        text = (pristine.data_folder() / KNOWN).read_text(encoding="utf-8")
        return {kata: [KnownTest(**t) for t in tests] for kata, tests in json.loads(text).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_known(known: dict[str, list[KnownTest]]) -> None:
    """Write down the tests of suites; those of other katas stay."""
    merged = {**read_known(), **known}
    lines = [
        f" {json.dumps(kata)}: [\n"
        + ",\n".join(f"  {json.dumps(asdict(test))}" for test in merged[kata])
        + "\n ]"
        for kata in sorted(merged)
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    write_whole(pristine.data_folder() / KNOWN, text.encode())
