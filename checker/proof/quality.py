"""Lint, format and type checks of katas and solutions, all in one go."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import checker
from checker.files import files_below, names_file
from checker.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.proof.flaws import Shape

_MYPY_LINE = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: (?P<text>.+)$")
_MYPY = ("--strict", "--no-error-summary", "--explicit-package-bases", "--namespace-packages",
         "--no-warn-unused-ignores")  # fmt: skip


def check_quality(root: Path, shapes: Sequence[Shape]) -> str:
    """Lint and type-check the stubs, suites, references and variants; flaws go to the shapes.

    Traps are left out: they are wrong on purpose.

    Args:
        root: the repository, whose configuration is used.
        shapes: the katas.

    Returns:
        "" when it could be done, else why not (the tools are not installed).
    """
    missing = [tool for tool in ("ruff", "mypy") if not _has(tool)]
    if missing:
        return (
            f"{' and '.join(missing)} not installed: lint and types were not checked. "
            "Install the dev group: pip install --group dev"
        )
    _check_lint(root, shapes)
    _check_types(root, shapes)
    return ""


def _has(tool: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(tool) is not None


def _check_lint(root: Path, shapes: Sequence[Shape]) -> None:
    folders = [str(f) for s in shapes for f in (s.kata.folder, s.solution) if f.is_dir()]
    lint = _run(root, "ruff", "check", "--output-format", "json", *folders)
    for found in json.loads(lint or "[]"):
        where = f"{found['filename']}:{found['location']['row']}"
        _blame(shapes, found["filename"], "lint", where, f"{found['code']} {found['message']}")
    form = _run(root, "ruff", "format", "--check", "--output-format", "json", *folders)
    for name in sorted({found["filename"] for found in json.loads(form or "[]")}):
        _blame(shapes, name, "format", name, "is not formatted; run `ruff format`")


def _blame(shapes: Sequence[Shape], file: str, rule: str, where: str, words: str) -> None:
    for shape in shapes:
        if any(file.startswith(f"{folder}/") for folder in (shape.kata.folder, shape.solution)):
            for folder in (shape.kata.folder, shape.solution):
                where = where.removeprefix(f"{folder}/")
            shape.flaw(rule, where, words)


def _check_types(root: Path, shapes: Sequence[Shape]) -> None:
    """Type-check each kata as a package of its own, since all of them hold an ``app.py``."""
    with scratch_folder() as scratch:
        packages = {}
        for number, shape in enumerate(shapes):
            for role, folder in _packages(shape, scratch / f"k{number}"):
                packages[f"k{number}/{role}"] = (shape, folder)
        if not packages:
            return
        shutil.copyfile(root / "pyproject.toml", scratch / "pyproject.toml")
        cache = root / ".mypy_cache" / "katas"
        folders = [str(folder) for _, folder in packages.values()]
        output = _run(scratch, "mypy", *_MYPY, "--cache-dir", str(cache), *folders)
        for line in output.splitlines():
            found = _MYPY_LINE.match(line)
            if found is None:
                continue
            key, _, file = found["file"].removeprefix("./").partition("/")
            role, _, file = file.partition("/")
            shape = packages[f"{key}/{role}"][0]
            shape.flaw("types", f"{role} {file}:{found['line']}", found["text"])


def _packages(shape: Shape, target: Path) -> list[tuple[str, Path]]:
    """Lay out the stub with its suite, the reference and the variants as packages to check."""
    kata = shape.kata
    made = []
    stub = files_below(kata.folder)
    given = {
        n: p for n, p in stub.items() if not names_file(kata.file.edit, n) and n != "test_app.py"
    }
    reference = {
        n: p
        for n, p in files_below(shape.solution).items()
        if n.partition("/")[0] not in ("variants", "traps")
    }
    layouts = {"stub": stub, "reference": {**given, **reference}}
    for variant in shape.variants:
        layouts[f"variant_{variant.name}"] = {**given, **variant.files}
    for role, files in layouts.items():
        folder = target / role
        for name, path in files.items():
            if name.endswith(".py"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / name)
        if folder.is_dir():
            (folder / "__init__.py").touch()
            made.append((role, folder))
    return made


def _run(cwd: Path, tool: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=cwd,
        # Type checkers do not follow every kind of editable install to the suites' imports.
        env={**os.environ, "MYPYPATH": str(Path(checker.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{tool} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
