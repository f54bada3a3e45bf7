"""What grading came to: the document that every report of a class is made from.

It is written as JSON, whose published schema is ``checker/data/schemas/grades-1.json``
(``checker grade --schema`` prints it).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from checker.errors import CheckerError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import TypeAdapter

SCHEMA = 1

Kind = Literal[
    "solved",
    "failing",
    "broken",
    "timeout",
    "crashed",
    "tampered",
    "unavailable",
    "untouched",
    "missing",
]
"""The kinds of a verdict, as in ``checker.verdict``, and ``missing``: the files are not there."""


@dataclass(frozen=True)
class KataInfo:
    """A kata that was graded.

    Attributes:
        name: level and folder, as ``mid/06_orders_in_postgresql``.
        title: as in its ``kata.toml``.
        total: how many steps its suite has: its tests but the guards.
        digest: of its suite and its given files; two grades with the same one are comparable.
    """

    name: str
    title: str
    total: int
    digest: str = ""


@dataclass(frozen=True)
class History:
    """What a learner's own journal says about a kata. Nobody has checked it.

    Attributes:
        runs: how many runs it holds.
        hints: how many of the hints were read.
        solution: whether the solution was read.
        first: when the kata was first run or opened, ISO 8601 in UTC; "" for never.
        last: when anything happened last; "" for never.
        solved: when a run first solved it; "" for never.
        moved: when a run last got further than all before it; "" for never.
        still: how many runs there were since then; 0 once it is solved.
        worked: seconds at work until it was first solved, or until now: breaks are left out.
    """

    runs: int = 0
    hints: int = 0
    solution: bool = False
    first: str = ""
    last: str = ""
    solved: str = ""
    moved: str = ""
    still: int = 0
    worked: float = 0.0


@dataclass(frozen=True)
class KataGrade:
    """What one submission came to in one kata.

    Attributes:
        verdict: its kind.
        passed: how many steps passed.
        outside: how many of the suite's tests were also judged from outside: by a process in
            which no line of the submission ran. 0 unless the verdict rests on it.
        test: the first test that did not pass, as in the suite; "" for none.
        sentence: what that test proves.
        message: what happened instead, or what the verdict is about; may have several lines.
        advice: what to try; may be "".
        place: the submission's line at fault, as ``app.py:12``; "" when there is none.
        exchanges: the last requests of that test with their answers, as ``Exchange`` has them.
        remarks: what was seen besides, as processes that were left behind.
        seconds: how long the runs took.
        digest: of the files that were judged.
        cached: whether the verdict was known from an earlier grading of the same files.
    """

    verdict: Kind
    passed: int = 0
    outside: int = 0
    test: str = ""
    sentence: str = ""
    message: str = ""
    advice: str = ""
    place: str = ""
    exchanges: tuple[dict[str, Any], ...] = ()
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    digest: str = ""
    cached: bool = False


@dataclass(frozen=True)
class SubmissionGrade:
    """What one submission came to.

    Attributes:
        name: the learner's, from the roster, Git or the name of the folder.
        source: where it was found, as the mentor gave it.
        commit: the commit that was graded, 40 hex digits; "" when it is no clone.
        problem: why it could not be graded at all; "" when it could.
        katas: by the kata's name.
        history: by the kata's name; empty when there is no journal.
        remarks: whole sentences about how it was found and opened.
    """

    name: str
    source: str
    commit: str = ""
    problem: str = ""
    katas: dict[str, KataGrade] = field(default_factory=dict)
    history: dict[str, History] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def solved(self) -> int:
        """How many katas are solved."""
        return sum(grade.verdict == "solved" for grade in self.katas.values())


@dataclass(frozen=True)
class Grades:
    """A class's grades.

    Attributes:
        time: when they were finished, ISO 8601 in UTC.
        isolation: the step of isolation that was in force, as ``namespaces``.
        layers: the layers of isolation that were active.
        versions: of what decides a verdict: the checker, Python, FastAPI and so on.
        katas: that were graded, in the workspace's order.
        submissions: in the order of their names.
        schema: the version of this document.
    """

    time: str
    isolation: str
    layers: tuple[str, ...]
    versions: dict[str, str]
    katas: tuple[KataInfo, ...]
    submissions: tuple[SubmissionGrade, ...]
    schema: int = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """The grades as JSON data.

        Halves of surrogate pairs, which many readers of JSON refuse (RFC 8259, 8.2), are replaced:
        one such name must not make everybody's grades unreadable.
        """
        return dict(_readable(asdict(self)))


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_readable(key): _readable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(inner) for inner in value]
    return value


@cache
def _adapter() -> TypeAdapter[Grades]:
    from pydantic import TypeAdapter

    return TypeAdapter(Grades)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Grades",
        **_adapter().json_schema(mode="serialization"),
    }


def read_grades(path: Path) -> Grades:
    """Read grades from a file.

    Raises:
        CheckerError: it is no such document.
    """
    from pydantic import ValidationError

    try:
        grades = _adapter().validate_json(path.read_bytes())
    except OSError as error:
        raise CheckerError(f"{path} cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise CheckerError(
            f"{path} holds no grades: {where}: {first['msg']}. "
            "It must be what `checker grade --json` writes."
        ) from error
    if grades.schema != SCHEMA:
        raise CheckerError(f"{path} has schema {grades.schema}; this checker reads {SCHEMA}.")
    return grades
