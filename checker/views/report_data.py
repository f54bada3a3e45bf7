"""Reports as JSON data, each with the version of its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.grade.insight import level_of, read_insight
from checker.views.progress import progress_data, status_data

if TYPE_CHECKING:
    from datetime import datetime

    from checker.catalog import Kata
    from checker.grade.grades import Grades
    from checker.grade.insight import Insight, KataState, Learner
    from checker.standing import Standing

SCHEMA = 1


def class_data(grades: Grades) -> dict[str, Any]:
    """What a class's grades mean. The grades themselves are a document of their own."""
    insight = read_insight(grades)
    return {
        "schema": SCHEMA,
        "time": _time(insight.time),
        "isolation": grades.isolation,
        "learners_total": len(insight.learners),
        "needs_a_look": [
            {"name": one.submission.name, "kata": kata, "seen": grade.message}
            for one, kata, grade in insight.tampered
        ],
        "not_graded": [{"name": one.name, "problem": one.problem} for one in insight.failed],
        "help_first": [one.submission.name for one in insight.help_first],
        "stuck_katas": [state.kata.name for state in insight.stuck_katas],
        "levels": {level: _level(insight, level) for level in insight.levels},
        "katas": [_kata(state) for state in insight.katas],
        "learners": [_learner(one) for one in insight.learners],
        "progress": [
            {"time": _time(p.time), "low": p.low, "middle": p.middle, "high": p.high}
            for p in insight.curve
        ],
    }


def learner_data(standing: Standing, current: Kata | None) -> dict[str, Any]:
    """How a learner stands: the data of ``checker --json``, and the way there."""
    states = [one.progress for one in standing.katas]
    return {
        **status_data(states, current),
        "name": standing.name,
        "time": _time(standing.time),
        "moved_time": _time(standing.moved),
        "stuck": [one.progress.kata.name for one in standing.stuck],
        "katas": [
            {
                **progress_data(one.progress),
                "stuck": one.stuck,
                "runs_without_progress": one.history.still,
                "seconds_to_solve": one.seconds,
                "moved_time": _time(one.moved),
            }
            for one in standing.katas
        ],
    }


def _level(insight: Insight, level: str) -> dict[str, int]:
    states = [state for state in insight.katas if level_of(state.kata.name) == level]
    return {
        "katas": len(states),
        "solved": sum(state.solved for state in states),
        "possible": len(states) * len(insight.learners),
    }


def _kata(state: KataState) -> dict[str, Any]:
    common = state.common
    return {
        "kata": state.kata.name,
        "title": state.kata.title,
        "verdicts": state.counts,
        "at_work": state.at_work,
        "stuck": state.stuck,
        "runs_unsolved": state.runs,
        "hints": state.hints,
        "runs_to_solve": state.tries,
        "seconds_to_solve": state.seconds,
        "first_failing": common
        and {"test": common.test, "sentence": common.sentence, "learners": common.learners},
    }


def _learner(one: Learner) -> dict[str, Any]:
    need = one.need
    return {
        "name": one.submission.name,
        "solved": one.total,
        "levels": one.solved,
        "runs": one.runs,
        "hints": one.hints,
        "stuck": list(one.stuck),
        "moved_time": _time(one.moved),
        "days_without_progress": one.days,
        "need": need and {"kind": need.kind, "amount": need.amount, "kata": need.kata or None},
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
