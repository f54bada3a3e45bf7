"""Mutants of a reference: the reference with one small change, which a good suite should notice.

The changes come from mutmut's operators; which of them are worth making is decided here. What
only people read (strings with a space in them, titles, descriptions, the names of loggers and
type variables), docstrings and imports are left as they are.
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst
from mutmut.mutation.mutators import mutation_operators

from checker.candidate import Candidate, Slots, reference_of
from checker.execute import run_jobs
from checker.scratch import scratch_folder
from checker.staged import staged_job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from checker.catalog import Kata
    from checker.execute import Job
    from checker.runner import Runner


_FOR_PEOPLE = (
    *("description", "detail", "examples", "summary", "title"),
    "thread_name_prefix",  # seen in a debugger alone
    *("frozen", "repr"),  # a class says so to those who write or debug the app, not in an answer
)
"""Keyword arguments whose values are for people."""

_NAMING = ("ContextVar", "ParamSpec", "TypeVar", "getLogger")
"""Calls that give a thing a name, which nothing but a log or an error message shows."""


@dataclass(frozen=True)
class Mutant:
    """A reference with one change.

    Attributes:
        kata: whose reference.
        file: the file that was changed, by its name in the kata's folder.
        line: where, counted from 1.
        source: the file's new content.
        difference: the changed lines, old and new.
    """

    kata: Kata
    file: str
    line: int
    source: str
    difference: str


def mutants_of(kata: Kata, solution: Path) -> Iterator[Mutant]:
    """Every mutant of a reference's Python files.

    Args:
        kata: the kata.
        solution: its folder under ``solutions``.
    """
    for file, path in reference_of(kata, solution).files.items():
        if file.endswith(".py"):
            source = path.read_text(encoding="utf-8")
            for changed in changed_sources(source):
                line, difference = _difference(source, changed)
                yield Mutant(kata, file, line, changed, difference)


def changed_sources(source: str) -> Iterator[str]:
    """The source with one change, for each change that is worth making; none comes twice."""
    module = cst.parse_module(source)
    visitor = _Visitor()
    module.visit(visitor)
    seen = {ast.dump(ast.parse(source))}
    for old, new in visitor.changes:
        changed = module.deep_replace(old, new)
        code = changed.code if isinstance(changed, cst.Module) else ""
        try:
            shape = ast.dump(ast.parse(code))
        except SyntaxError:
            continue
        if shape not in seen:
            seen.add(shape)
            yield code


class _Visitor(cst.CSTVisitor):
    """Collects nodes with what mutmut's operators make of them."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[tuple[cst.CSTNode, cst.CSTNode]] = []
        self.for_people: set[int] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Import | cst.ImportFrom) or _is_text(node):
            return False
        if isinstance(node, cst.Call):
            self.for_people |= {id(argument) for argument in _arguments_for_people(node)}
        if isinstance(node, cst.Arg) and id(node) in self.for_people:
            return False
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                work: Callable[[Any], Any] = operator
                made = list(work(node))
                # A text in other letter case is mostly the same again, as a header's name.
                made = made[:1] if isinstance(node, cst.SimpleString) else made
                made = [new for new in made if not _changes_nothing(node, new)]
                self.changes += [(node, new) for new in made]
        return True


def _changes_nothing(old: cst.CSTNode, new: cst.CSTNode) -> bool:
    """Whether only a text for people is lost, or the change is as good as another that is made."""
    if isinstance(old, cst.Assign | cst.AnnAssign):
        target = old.target if isinstance(old, cst.AnnAssign) else old.targets[0].target
        return isinstance(target, cst.Name) and target.value == "detail"
    if not isinstance(old, cst.Call) or not isinstance(new, cst.Call):
        return False
    if any(_is_bool_made_none(*pair) for pair in zip(old.args, new.args, strict=False)):
        return len(old.args) == len(new.args)
    kept = {id(argument) for argument in new.args}
    return any(id(argument) not in kept for argument in _arguments_for_people(old))


def _is_bool_made_none(old: cst.Arg, new: cst.Arg) -> bool:
    """Whether None takes the place of True or False: as false as the False that is made or was."""
    values = old.value, new.value
    names = [value.value for value in values if isinstance(value, cst.Name)]
    return names in (["False", "None"], ["True", "None"])


def _arguments_for_people(call: cst.Call) -> list[cst.Arg]:
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    called = name.value if isinstance(name, cst.Name) else ""
    if called in _NAMING:
        return list(call.args[:1])
    # The second of HTTPException is its detail, also where it is a variable.
    details = [a for a in call.args[1:2] if called == "HTTPException" and a.keyword is None]
    return [a for a in call.args if a in details or _is_for_people(a)]


def _is_for_people(argument: cst.Arg) -> bool:
    keyword = argument.keyword.value if argument.keyword else ""
    if keyword == "title" and isinstance(argument.value, cst.Name | cst.Attribute):
        return False  # a book's title is what the API is about
    return keyword in _FOR_PEOPLE or _is_text(argument.value)


def _is_text(node: cst.CSTNode) -> bool:
    """Whether a node is a docstring or a text for people."""
    if isinstance(node, cst.SimpleString):
        return " " in node.value or node.value.startswith(('"""', "'''"))
    return isinstance(node, cst.FormattedString | cst.ConcatenatedString)


def _difference(old: str, new: str) -> tuple[int, str]:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm=""))
    line = int(lines[2].split()[1].lstrip("-").split(",")[0])
    return line, "\n".join(lines[3:])


@dataclass(frozen=True)
class Score:
    """How a suite did on the mutants of its reference.

    Attributes:
        kata: the kata.
        total: how many mutants there were.
        survivors: those that passed every test.
    """

    kata: Kata
    total: int
    survivors: tuple[Mutant, ...]

    @property
    def killed(self) -> float:
        """The part that the suite noticed, 0 to 1."""
        return 1.0 if not self.total else 1 - len(self.survivors) / self.total


def judge_mutants(
    runner: Runner,
    mutants: list[Mutant],
    at_once: int,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> list[Mutant]:
    """Run each mutant's suite, up to its first failure.

    Args:
        runner: what runs the suites.
        mutants: of any number of katas.
        at_once: how many run at the same time.
        progress: called with the number of mutants done and their total.

    Returns:
        The mutants that passed every test.
    """
    survivors = []
    with scratch_folder() as scratch:
        slots = Slots(scratch)
        jobs = [_job(mutant, slots, scratch / f"m{n}") for n, mutant in enumerate(mutants)]
        for done, (job, verdict) in enumerate(run_jobs(runner, jobs, at_once), 1):
            if verdict.kind == "solved":
                survivors.append(job.key)
            progress(done, len(mutants))
    return survivors


def _job(mutant: Mutant, slots: Slots, changed: Path) -> Job:
    changed.write_text(mutant.source, encoding="utf-8")
    kata = mutant.kata
    files = reference_of(kata, _solution(kata)).files | {mutant.file: changed}
    candidate = Candidate("mutant", "", files)
    return staged_job(kata, candidate, slots, mutant, seed="mutants", stop_early=True)


def _solution(kata: Kata) -> Path:
    return kata.folder.parents[2] / "solutions" / kata.name
