"""A kata without a flaw, made on the spot, for tests that put one flaw into it."""

from __future__ import annotations

from pathlib import Path

NUMBERS = range(1, 9)

KATA_TOML = """\
title = "Eight numbers"
question = "How does one answer with a number?"
concepts = ["path operations"]
minutes = 5
edit = ["app.py"]
test_seconds = 2

hints = ["Look.", "Look again.", "Look again, and put it together."]

[[links]]
title = "First steps"
url = "https://fastapi.tiangolo.com/tutorial/first-steps/"
"""

README = """\
# Eight numbers

> How does one answer with a number?

## The story

Somebody counts.

## The contract

| request | answer |
|---|---|
| `GET /1` … `GET /8` | `200` and the number |

## Documentation

- [First steps](https://fastapi.tiangolo.com/tutorial/first-steps/)
"""

NOTES = """\
# Eight numbers: notes

## The spoken answer

{spoken}

## Why the reference is written this way

It counts.

## What the common answers miss

A number.

## Where the textbook answer has aged

Nowhere.
"""

STUB = '''"""Answer with a number."""

from fastapi import FastAPI

app = FastAPI()
'''


def answer(*numbers: int, note: str = "", function: str = "def") -> str:
    """An app that answers these numbers."""
    head = f'"""{note}"""\n\n' if note else ""
    body = "".join(
        f'\n\n@app.get("/{number}")\n{function} number_{number}() -> int:\n    return {number}\n'
        for number in numbers
    )
    return f"{head}from fastapi import FastAPI\n\napp = FastAPI()\n{body}"


def without(number: int) -> str:
    """A trap: one number is missing."""
    others = [other for other in NUMBERS if other != number]
    return answer(*others, note=f"Forgets {number}.\n\nFails: test_{number}\n")


def suite() -> str:
    """A suite with a test a number."""
    tests = "".join(
        f"\n\ndef test_{number}(client: Client) -> None:\n"
        f'    """GET /{number} answers {number}."""\n'
        f'    assert client.get("/{number}").json() == {number}\n'
        for number in NUMBERS
    )
    return f'"""How does one answer with a number?"""\n\nfrom checker.suite import Client\n{tests}'


def make_kata(root: Path) -> tuple[Path, Path]:
    """Write the kata and its solution into a repository.

    Returns:
        The kata's folder and the solution's.
    """
    kata = root / "katas" / "beginner" / "01_eight_numbers"
    solution = root / "solutions" / "beginner" / "01_eight_numbers"
    files = {
        kata / "kata.toml": KATA_TOML,
        kata / "README.md": README,
        kata / "app.py": STUB,
        kata / "test_app.py": suite(),
        solution / "app.py": answer(*NUMBERS),
        solution / "NOTES.md": NOTES.format(spoken="I answer with a number. " * 8),
        solution / "variants" / "awaiting.py": answer(
            *NUMBERS, note="With coroutines.", function="async def"
        ),
        solution / "variants" / "backwards.py": answer(
            *reversed(NUMBERS), note="In another order."
        ),
        solution / "traps" / "hard_coded.py": without(1),
        **{solution / "traps" / f"without_{n}.py": without(n) for n in NUMBERS if n > 1},
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    return kata, solution
