"""A journal of things that never happened, with digests that fit."""

import json
from pathlib import Path


def make(workspace: Path) -> None:
    from checker.catalog import load_catalog
    from checker.workspace import learner_digest

    lines = []
    for kata in load_catalog(workspace / "katas"):
        lines.append({
            "schema": 1, "time": "2026-01-02T03:04:05.678Z", "kata": kata.name, "what": "run",
            "verdict": "solved", "passed": 11, "total": 11, "seconds": 0.1,
            "digest": learner_digest(kata), "how": "grade",
        })
    journal = workspace / ".kata" / "journal.jsonl"
    journal.parent.mkdir(exist_ok=True)
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
