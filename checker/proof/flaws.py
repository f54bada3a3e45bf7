"""What is wrong with a kata, and the rules that need no run: its files and texts."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checker.errors import KataFileError

if TYPE_CHECKING:
    from pathlib import Path

    from checker.candidate import Candidate
    from checker.catalog import Kata

FEWEST_TESTS, MOST_TESTS = 8, 15
FEWEST_VARIANTS, FEWEST_TRAPS = 2, 4
MOST_GUARDS = 3
NOTES_SECTIONS = (
    "The spoken answer",
    "Why the reference is written this way",
    "What the common answers miss",
    "Where the textbook answer has aged",
)
README_SECTIONS = ("The story", "The contract", "Documentation")
_LEFT = re.compile(r"\b(TODO|FIXME|XXX)\b")
_CODE_IN_HINT = re.compile(r"```|^\s*(def|class|return|async def|@app\.)\b", re.MULTILINE)


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with a kata.

    Attributes:
        rule: a short stable name of the rule that is broken, as ``trap passes``.
        where: the file or candidate that it is about.
        words: what is wrong and what would be right.
    """

    rule: str
    where: str
    words: str


@dataclass
class Shape:
    """What a kata is made of, read without running it.

    Attributes:
        kata: the kata.
        solution: its folder under ``solutions``.
        tests: its test functions, name to docstring.
        guards: the names of those marked as guards.
        variants: the right answers.
        traps: the wrong answers.
        flaws: what is wrong so far.
    """

    kata: Kata
    solution: Path
    tests: dict[str, str] = field(default_factory=dict)
    guards: set[str] = field(default_factory=set)
    variants: list[Candidate] = field(default_factory=list)
    traps: list[Candidate] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)

    def flaw(self, rule: str, where: str, words: str) -> None:
        """Note one thing that is wrong."""
        self.flaws.append(Flaw(rule, where, words))


def read_shape(kata: Kata, solution: Path) -> Shape:
    """Read a kata and its solution, and check everything that needs no run.

    Args:
        kata: the kata.
        solution: its folder under ``solutions``.

    Returns:
        The shape, with the flaws found. When ``kata.toml`` cannot be read, that is its one flaw.
    """
    from checker.candidate import traps_of, variants_of

    shape = Shape(kata, solution)
    try:
        file = kata.file
    except KataFileError as error:
        shape.flaw("kata.toml", "kata.toml", str(error))
        return shape
    for name in (*file.edit, *file.given):
        if not (kata.folder / name).exists():
            shape.flaw("missing file", name, "kata.toml names it, and it is not there")
    _read_suite(shape)
    if not (solution / file.edit[0]).is_file():
        shape.flaw("missing file", file.edit[0], f"there is no reference at {solution}")
    shape.variants, shape.traps = variants_of(kata, solution), traps_of(kata, solution)
    _check_counts(shape)
    _check_traps(shape)
    _check_texts(shape)
    return shape


def _read_suite(shape: Shape) -> None:
    path = shape.kata.suite
    try:
        tree = ast.parse(path.read_bytes())
    except OSError as error:
        shape.flaw("missing file", path.name, f"the suite cannot be read: {error.strerror}")
        return
    except SyntaxError as error:
        shape.flaw("suite", path.name, f"line {error.lineno}: {error.msg}")
        return
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not node.name.startswith("test"):
            continue
        shape.tests[node.name] = sentence = ast.get_docstring(node) or ""
        if any("guard" in ast.unparse(mark) for mark in node.decorator_list):
            shape.guards.add(node.name)
        if not sentence:
            shape.flaw("sentence", node.name, "has no docstring that says what it proves")
    sentences = [sentence for sentence in shape.tests.values() if sentence]
    for sentence in sorted({s for s in sentences if sentences.count(s) > 1}):
        shape.flaw("sentence", path.name, f"two tests say the same: {sentence!r}")


def _check_counts(shape: Shape) -> None:
    tests, guards = len(shape.tests), len(shape.guards)
    if not FEWEST_TESTS <= tests <= MOST_TESTS:
        words = f"has {tests} tests; {FEWEST_TESTS} to {MOST_TESTS} are right"
        shape.flaw("number of tests", "test_app.py", words)
    if guards > MOST_GUARDS:
        words = f"has {guards} guards; at most {MOST_GUARDS} are right"
        shape.flaw("number of guards", "test_app.py", words)
    if len(shape.variants) < FEWEST_VARIANTS:
        words = f"holds {len(shape.variants)} right answers; at least {FEWEST_VARIANTS} are needed"
        shape.flaw("number of variants", "variants", words)
    if len(shape.traps) < FEWEST_TRAPS:
        words = f"holds {len(shape.traps)} wrong answers; at least {FEWEST_TRAPS} are needed"
        shape.flaw("number of traps", "traps", words)


def _check_traps(shape: Shape) -> None:
    for trap in shape.traps:
        if not trap.fails:
            words = "its docstring must name the tests it fails, as `Fails: test_name`"
            shape.flaw("trap names no test", trap.label, words)
        for name in trap.fails:
            if name not in shape.tests:
                shape.flaw("trap names no test", trap.label, f"there is no test {name!r}")
    if shape.traps and not any("hard_coded" in trap.name for trap in shape.traps):
        words = "one trap must answer with fixed values; call it hard_coded or hard_coded_…"
        shape.flaw("no hard-coding trap", "traps", words)
    for candidate in (*shape.variants, *shape.traps):
        if not candidate.note.strip():
            words = "must begin with a docstring that says how it answers"
            shape.flaw("missing note", candidate.label, words)


def _check_texts(shape: Shape) -> None:
    file = shape.kata.file
    for number, hint in enumerate(file.hints, 1):
        if _CODE_IN_HINT.search(hint):
            shape.flaw(
                "hint is code", "kata.toml", f"hint {number} gives code away; say it in words"
            )
    if sorted(file.hints, key=len) != list(file.hints):
        words = "each hint must say more than the one before; they do not grow"
        shape.flaw("hints do not grow", "kata.toml", words)
    readme = _read_text(shape, shape.kata.folder / "README.md")
    if readme:
        _need_sections(shape, "README.md", readme, README_SECTIONS)
        if _squeeze(file.question) not in _squeeze(readme):
            words = f"must state the question as kata.toml has it: {file.question!r}"
            shape.flaw("question", "README.md", words)
        for link in file.links:
            if link.url not in readme:
                shape.flaw("link", "README.md", f"must link to {link.url}, as kata.toml does")
    notes = _read_text(shape, shape.solution / "NOTES.md")
    if notes:
        _need_sections(shape, "NOTES.md", notes, NOTES_SECTIONS)
        spoken = notes.partition("## The spoken answer")[2].partition("\n## ")[0]
        sentences = len(re.findall(r"[.!?](?:\s|$)", spoken))
        if spoken and not 6 <= sentences <= 16:
            words = f"the spoken answer has {sentences} sentences; about ten are right"
            shape.flaw("spoken answer", "NOTES.md", words)


def _read_text(shape: Shape, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        shape.flaw("missing file", path.name, f"is not there: {path.parent.name}/{path.name}")
        return ""
    left = _LEFT.search(text)
    if left:
        shape.flaw("unfinished text", path.name, f"still says {left[0]}")
    return text


def _need_sections(shape: Shape, name: str, text: str, sections: tuple[str, ...]) -> None:
    for section in sections:
        body = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0].strip()
        if not body:
            shape.flaw(
                "missing section", name, f"needs a section `## {section}` that says something"
            )


def _squeeze(text: str) -> str:
    return re.sub(r"[\s>*_`]+", " ", text).strip().lower()
