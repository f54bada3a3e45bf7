"""A mentor at work: the grading command, run as they would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.desk import ROOT

NAMED = ("DATABASE_URL", "REDIS_URL", "RABBITMQ_URL", "MONGODB_URL", "KATA_DATA")


def environment(**more: str) -> dict[str, str]:
    """A mentor's variables: embedded services, and the katas that are shipped."""
    return {k: v for k, v in os.environ.items() if k not in NAMED} | more


def grade(
    *words: str | Path, cwd: Path = ROOT, seconds: float = 3000, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ``checker grade``, with embedded services."""
    return subprocess.run(
        [sys.executable, "-m", "checker", "grade", *map(str, words)],
        cwd=cwd, env=environment(**variables), capture_output=True, encoding="utf-8",
        errors="replace", stdin=subprocess.DEVNULL, timeout=seconds, check=False,
    )  # fmt: skip
