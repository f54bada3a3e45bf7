"""The real command, driven over a small workspace of fixture katas."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
ROOT = Path(__file__).parents[1]
INTERRUPTED = (130, -signal.SIGINT)
"""How a command ends after Ctrl-C; a shell sees 130 for both. ``python -m`` ends by the signal,
whatever was done about it, where it came in the middle of an ``exec`` of text (CPython's
``_Py_RunMain``), as dataclasses do when they are made."""


@dataclass
class Desk:
    """A workspace made for one test, and the commands run in it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def hello(self) -> Path:
        return self.root / "katas" / "beginner" / "01_hello"

    @property
    def count(self) -> Path:
        return self.root / "katas" / "beginner" / "02_count"

    @property
    def journal(self) -> Path:
        return self.root / ".kata" / "journal.jsonl"

    def checker(self, *words: str, cwd: Path | None = None, **environment: str) -> Result:
        return self.run([sys.executable, "-m", "checker", *words], cwd, environment)

    def pytest(self, *words: str, cwd: Path | None = None, **environment: str) -> Result:
        command = [sys.executable, "-m", "pytest", "-p", "no:randomly", *words]
        return self.run(command, cwd, environment)

    def run(
        self, command: list[str], cwd: Path | None = None, environment: dict[str, str] | None = None
    ) -> Result:
        done = subprocess.run(
            command,
            cwd=cwd or self.root,
            env=self.env(**(environment or {})),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def env(self, **more: str) -> dict[str, str]:
        left_out = ("PYTEST_", "KATA_", "VISUAL", "EDITOR", "COLUMNS", "FORCE_COLOR", "TERM_")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        return {**kept, "PYTHONUTF8": "1", "NO_COLOR": "1", **self.environment, **more}

    def solve(self, kata: str = "01_hello") -> None:
        source = FIXTURES / "solutions" / "beginner" / kata / "app.py"
        shutil.copyfile(source, self.root / "katas" / "beginner" / kata / "app.py")

    def write(self, text: str, kata: str = "01_hello", name: str = "app.py") -> Path:
        path = self.root / "katas" / "beginner" / kata / name
        path.write_text(text, encoding="utf-8")
        return path

    def verdict(self, *words: str, **environment: str) -> dict[str, Any]:
        result = self.checker("check", "--json", *words, **environment)
        lines = result.out.splitlines()
        assert len(lines) == 1, result
        return dict(json.loads(lines[0]))

    def entries(self) -> list[dict[str, Any]]:
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


@dataclass(frozen=True)
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def make_desk(root: Path, data: Path) -> Desk:
    """Copy the fixture katas to ``root`` and pack them into ``data``."""
    shutil.copytree(FIXTURES / "katas", root / "katas", ignore=shutil.ignore_patterns("__py*"))
    (root / "pyproject.toml").write_text(
        '[tool.pytest]\naddopts = ["--import-mode=importlib"]\nasyncio_mode = "auto"\n'
        'asyncio_default_fixture_loop_scope = "function"\n'
    )
    return Desk(root, {"KATA_DATA": str(data)})
