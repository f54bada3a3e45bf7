"""The sign and the words for each verdict of a grading, the same in every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.moments import count_words
from checker.views.untrusted import one_line
from checker.views.verdicts import HEADLINES

if TYPE_CHECKING:
    from collections.abc import Collection

    from checker.grade.grades import KataGrade, KataInfo, Kind
    from checker.grade.insight import Need

GRADE_WORDS: dict[Kind, str] = {
    "solved": HEADLINES["solved"],
    "failing": HEADLINES["failing"],
    "broken": HEADLINES["broken"],
    "timeout": HEADLINES["timeout"],
    "crashed": HEADLINES["crashed"],
    "tampered": "needs a look",
    "unavailable": HEADLINES["unavailable"],
    "untouched": HEADLINES["untouched"],
    "missing": "files are missing",
}

SIGNS: dict[Kind, str] = {
    "solved": "✓",
    "failing": "✗",
    "broken": "B",
    "timeout": "T",
    "crashed": "C",
    "tampered": "!",
    "unavailable": "S",
    "untouched": "·",
    "missing": "–",
}
PLAIN_SIGNS = SIGNS | {"solved": "+", "failing": "x", "untouched": ".", "missing": "-"}
"""For outputs that have no more than ASCII."""

LOOK_WORDS = "This says what was seen, not why. Talk with the learner before you judge."


def legend(kinds: Collection[str], *, unicode: bool = True) -> list[str]:
    """``✓ solved`` and so on, for the verdicts that occur."""
    signs = SIGNS if unicode else PLAIN_SIGNS
    return [f"{signs[kind]} {words}" for kind, words in GRADE_WORDS.items() if kind in kinds]


def grade_words(grade: KataGrade, kata: KataInfo) -> str:
    """``not yet, 5 of 11``: the verdict, and how far it got."""
    words = GRADE_WORDS[grade.verdict]
    counted = grade.verdict in ("failing", "timeout", "crashed") and kata.total
    return f"{words}, {grade.passed} of {kata.total}" if counted else words


def seen_words(grade: KataGrade) -> str:
    """What was seen in a kata that needs a look."""
    seen = "; ".join(one_line(text) for text in (grade.message, *grade.remarks[:5]) if text)
    return seen or "The grading says no more than that."


def need_words(need: Need, kata: str) -> str:
    """Why somebody needs help, in a sentence.

    Args:
        need: the reason.
        kata: the kata's number and title; "" when there is none.
    """
    if need.kind == "stuck":
        return f"Stuck in {kata}: {count_words(need.amount, 'run')} in a row got no further."
    if need.kind == "still":
        where = f" At work on {kata}." if kata else ""
        return f"Nothing moved for {count_words(need.amount, 'day')}.{where}"
    solved = count_words(need.amount, "kata") if need.amount else "no kata"
    where = f" At work on {kata}." if kata else ""
    return f"Solved {solved}, less than half of what the middle of the class solved.{where}"


RULE = (
    "First those who are stuck: three runs or more in a row of an unsolved kata that got no "
    "further. Then those for whom nothing moved for seven days. Then those who solved less than "
    "half of what the learner in the middle of the class solved. Runs and days come from the "
    "learners' own journals, which nobody has checked."
)
