"""What the pages show of a learner, whether graded or from their own journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.grade.insight import (
    STUCK_RUNS,
    is_stuck,
    level_of,
    moved_time,
    number_of,
    time_to_solve,
)
from checker.moments import ago_words, count_words, day_words, days_between, moment, span_words
from checker.views.exchanges import exchange_blocks
from checker.views.kinds import GRADE_WORDS, grade_words, need_words, seen_words
from checker.views.markdown import moved_words, stuck_words
from checker.views.progress import STATE_WORDS
from checker.views.untrusted import NAME, one_line, some_lines
from checker.workspace import title_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from checker.grade.grades import History, KataGrade, KataInfo
    from checker.grade.insight import Insight, Learner
    from checker.standing import KataStanding, Standing


@dataclass(frozen=True)
class Proof:
    """What a verdict rests on.

    Attributes:
        sentence: what the first failing test proves.
        exchanges: its last requests with their answers; the first line of each is the request.
        message: what happened instead.
        advice: what to try.
        place: the line at fault.
        remarks: what was seen besides.
    """

    sentence: str
    exchanges: list[list[str]]
    message: list[str]
    advice: list[str]
    place: str
    remarks: list[str]


@dataclass(frozen=True)
class Cell:
    """A kata of a learner.

    Attributes:
        anchor: the id of its place in the page.
        level: the kata's level.
        number: its number in the level.
        title: its title.
        kind: the verdict's kind, or the state in the journal: the style gives its sign and colour.
        heat: how far it got, from 0 to 3, for the style.
        words: the verdict in words.
        facts: what the journal says, in a few words each.
        runs: how many runs, "" for none; the same for what follows.
        hints: hints taken, and the solution when it was read.
        solved: the day on which it was solved.
        seconds: the time to solve it, in words.
        moved: when it last got further, in words.
        still: for a kata that the learner is stuck in, how many runs got no further; else 0.
        proof: what the verdict rests on; None when there is nothing to show.
    """

    anchor: str
    level: str
    number: str
    title: str
    kind: str
    heat: int
    words: str
    facts: list[str]
    runs: str
    hints: str
    solved: str
    seconds: str
    moved: str
    still: int
    proof: Proof | None = None


@dataclass(frozen=True)
class Part:
    """A learner.

    Attributes:
        anchor: the id of its place in the page.
        name: the learner's.
        origin: where the work came from.
        solved: how many katas are solved.
        total: how many there are.
        levels: each level with what is solved and what there is.
        runs: in all.
        hints: in all.
        days: whole days since anything got further; "" when unknown.
        moved: the same in a sentence.
        needs: why they need help, a sentence each; empty when they do not.
        cells: each kata.
        look: whether something needs a look.
    """

    anchor: str
    name: str
    origin: str
    solved: int
    total: int
    levels: list[tuple[str, int, int]]
    runs: int
    hints: int
    days: str
    moved: str
    needs: list[str]
    cells: list[Cell]
    look: bool = False

    @property
    def open(self) -> list[Cell]:
        """The katas that there is something to say about, stuck ones and those to look at first."""
        shown = [cell for cell in self.cells if cell.proof]
        return sorted(shown, key=lambda cell: (cell.kind != "tampered", -cell.still))

    def names_of(self, *kinds: str) -> str:
        """The katas of some kinds in short, as ``beginner 1 to 10, mid 2``."""
        words = []
        for level, _, _ in self.levels:
            mine = [cell for cell in self.cells if cell.level == level]
            picked = [i for i, cell in enumerate(mine) if cell.kind in kinds]
            if picked:
                words.append(f"{level} {_ranges(mine, picked)}")
        return "; ".join(words)


def graded_part(insight: Insight, learner: Learner, place: int) -> Part:
    """A graded learner.

    Args:
        insight: the class's.
        learner: the learner.
        place: counted from 1, for the ids.
    """
    one = learner.submission
    katas = insight.grades.katas
    cells = [
        _graded_cell(kata, learner, f"l{place}k{i}", insight.time)
        for i, kata in enumerate(katas, 1)
    ]
    moved = f"Last got further on {day_words(learner.moved)}, {ago_words(learner.days)}."
    need = _need(insight, learner)
    origin = one_line(one.source) + (f" at {one_line(one.commit, 12)}" if one.commit else "")
    return Part(
        f"l{place}",
        one_line(one.name, NAME) or "(no name)",
        origin,
        learner.total,
        len(katas),
        [(level, learner.solved[level], count) for level, count in insight.levels.items()],
        learner.runs,
        learner.hints,
        "" if learner.days is None else str(learner.days),
        moved if learner.moved else "",
        [need] if need else [],
        cells,
        bool(learner.tampered),
    )


def own_part(standing: Standing) -> Part:
    """A learner from their own journal."""
    stuck = [
        f"Stuck in {one.progress.kata.level} {one.progress.kata.number:02} "
        f"{title_of(one.progress.kata)}: {stuck_words(one)}."
        for one in standing.stuck
    ]
    return Part(
        "l1",
        one_line(standing.name, NAME),
        "",
        standing.solved,
        len(standing.katas),
        [(level, solved, total) for level, (solved, total) in standing.levels.items()],
        sum(one.history.runs for one in standing.katas),
        sum(one.history.hints for one in standing.katas),
        "" if standing.days is None else str(standing.days),
        moved_words(standing),
        stuck,
        [_own_cell(one, f"l1k{i}", standing.time) for i, one in enumerate(standing.katas, 1)],
    )


def _need(insight: Insight, learner: Learner) -> str:
    if learner.need is None:
        return ""
    return need_words(learner.need, kata_label(insight.grades.katas, learner.need.kata))


def kata_label(katas: Sequence[KataInfo], name: str) -> str:
    """``mid 06 Orders in PostgreSQL``; "" for no name."""
    title = next((kata.title for kata in katas if kata.name == name), "")
    return one_line(f"{level_of(name)} {number_of(name)} {title}") if name else ""


def _graded_cell(kata: KataInfo, learner: Learner, anchor: str, now: datetime | None) -> Cell:
    grade = learner.submission.katas.get(kata.name)
    history = learner.submission.history.get(kata.name)
    if grade is None:
        return _no_cell(kata, anchor)
    share = min(max(grade.passed / kata.total, 0.0), 1.0) if kata.total else 0.0
    open_ = grade.verdict not in ("solved", "untouched", "missing")
    still = history.still if history and open_ and is_stuck(history) else 0
    return Cell(
        anchor,
        level_of(kata.name),
        number_of(kata.name),
        one_line(kata.title),
        grade.verdict,
        min(3, int(share * 4)) if grade.verdict == "failing" else 0,
        grade_words(grade, kata),
        _facts(history, now, solved=grade.verdict == "solved") if history else [],
        *_columns(history, now),
        still,
        _proof(grade),
    )


def _no_cell(kata: KataInfo, anchor: str) -> Cell:
    return Cell(
        anchor, level_of(kata.name), number_of(kata.name), one_line(kata.title), "missing", 0,
        "not graded", [], "", "", "", "", "", 0,
    )  # fmt: skip


def _own_cell(one: KataStanding, anchor: str, now: datetime | None) -> Cell:
    state = one.progress
    words = STATE_WORDS[state.state]
    counted = state.total and state.state in ("failing", "timeout", "crashed", "changed")
    share = state.passed / state.total if state.total else 0.0
    return Cell(
        anchor,
        state.kata.level,
        f"{state.kata.number:02}",
        title_of(state.kata),
        state.state,
        min(3, int(share * 4)) if state.state == "failing" else 0,
        f"{words}, {state.passed} of {state.total}" if counted else words,
        [],
        *_columns(one.history, now),
        one.history.still if one.stuck else 0,
    )


def _columns(history: History | None, now: datetime | None) -> tuple[str, str, str, str, str]:
    if history is None:
        return "", "", "", "", ""
    moved = moved_time(history, now)
    hints = str(history.hints or "")
    return (
        str(history.runs or ""),
        " + ".join(filter(None, (hints, "solution" if history.solution else ""))),
        day_words(moment(history.solved, now)),
        span_words(time_to_solve(history, now)),
        ago_words(days_between(moved, now)),
    )


def _facts(history: History, now: datetime | None, *, solved: bool) -> list[str]:
    facts = [count_words(history.runs, "run")] if history.runs else []
    if history.still >= STUCK_RUNS:
        facts.append(f"the last {history.still} got no further")
    if history.hints:
        facts.append(count_words(history.hints, "hint"))
    if history.solution:
        facts.append("the solution was read")
    moved = moved_time(history, now)
    if moved and not solved:
        facts.append(f"last got further {ago_words(days_between(moved, now))}")
    if moment(history.solved, now) and not solved:
        facts.append("their own journal says that it was solved once")
    return facts


def _proof(grade: KataGrade) -> Proof | None:
    if grade.verdict in ("solved", "untouched", "missing") and not grade.remarks:
        return None
    tampered = grade.verdict == "tampered"
    message = [seen_words(grade)] if tampered else some_lines(grade.message)
    return Proof(
        one_line(grade.sentence),
        exchange_blocks(grade.exchanges),
        [line for line in message if line.strip()] or [f"Verdict: {GRADE_WORDS[grade.verdict]}."],
        [line for line in some_lines(grade.advice) if line.strip()],
        one_line(grade.place),
        [] if tampered else [one_line(remark) for remark in grade.remarks[:5]],
    )


def _ranges(cells: Sequence[Cell], picked: Sequence[int]) -> str:
    """Neighbours joined: ``1 to 4, 6``."""
    runs: list[list[int]] = []
    for i in picked:
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])

    def number(i: int) -> str:
        return cells[i].number.lstrip("0") or "0"

    return ", ".join(
        number(run[0]) if len(run) == 1 else f"{number(run[0])} to {number(run[-1])}"
        for run in runs
    )
