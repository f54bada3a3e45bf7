"""What a class's grades mean: who solved what, where people are stuck, whom to help first.

Whom to help first is one rule, which reports print with its result:

1. whoever is stuck: at least ``STUCK_RUNS`` runs in a row of an unsolved kata that got no further
   than those before; the most such runs first;
2. then those for whom nothing moved for ``STILL_DAYS`` days while katas are unsolved; the longest
   first;
3. then those who solved less than half of what the learner in the middle of the class solved; the
   fewest first.

Who fits several is named under the first; equals come in the order of fewest solved, then of
names. Journals are the learners' own: nothing of 1 and 2 is proof.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Literal

from checker.moments import days_between, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from checker.grade.grades import Grades, History, KataGrade, KataInfo, SubmissionGrade

STUCK_RUNS = 3
STILL_DAYS = 7

_AT_WORK = ("failing", "broken", "timeout", "crashed")
_MOST_POINTS = 80


@dataclass(frozen=True)
class Need:
    """Why somebody needs help.

    Attributes:
        kind: by which part of the rule.
        amount: runs without getting further, days without movement, or katas solved.
        kata: the name of the kata to look at together; "" when there is none.
    """

    kind: Literal["stuck", "still", "behind"]
    amount: int
    kata: str = ""


@dataclass(frozen=True)
class Learner:
    """One submission, looked at.

    Attributes:
        submission: the submission.
        solved: how many katas are solved, by level.
        runs: by their own journal, in all.
        hints: hints taken, in all.
        stuck: the names of the katas they are stuck in, most runs first.
        tampered: the names of the katas whose verdict is ``tampered``.
        moved: when they last got further anywhere; None when no journal tells.
        days: whole days from then to the grading; None when unknown.
        need: why they need help; None when they do not.
    """

    submission: SubmissionGrade
    solved: dict[str, int]
    runs: int
    hints: int
    stuck: tuple[str, ...]
    tampered: tuple[str, ...]
    moved: datetime | None
    days: int | None
    need: Need | None = None

    @property
    def total(self) -> int:
        """How many katas are solved in all."""
        return sum(self.solved.values())


@dataclass(frozen=True)
class Common:
    """The first failing test that most learners of a kata share.

    Attributes:
        test: its name in the suite.
        sentence: what it proves.
        learners: how many share it.
    """

    test: str
    sentence: str
    learners: int


@dataclass(frozen=True)
class KataState:
    """How a class stands with one kata.

    Attributes:
        kata: the kata.
        counts: how many submissions have each verdict.
        stuck: how many learners are stuck in it.
        runs: of those who have not solved it, in all.
        hints: taken by anybody, in all.
        tries: the runs that those who solved it needed, in the middle; None when unknown.
        seconds: the time they needed, in the middle; None when unknown.
        common: where most of those who are at work fail first; None when nobody does.
    """

    kata: KataInfo
    counts: dict[str, int]
    stuck: int
    runs: int
    hints: int
    tries: float | None
    seconds: float | None
    common: Common | None

    @property
    def solved(self) -> int:
        """How many solved it."""
        return self.counts.get("solved", 0)

    @property
    def at_work(self) -> int:
        """How many began it and have not solved it."""
        return sum(self.counts.get(kind, 0) for kind in _AT_WORK)


@dataclass(frozen=True)
class Point:
    """How many katas a learner had solved at a time.

    Attributes:
        time: the time.
        low: what a quarter of the class had not passed.
        middle: the learner in the middle of the class.
        high: what a quarter of the class had reached.
    """

    time: datetime
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Insight:
    """What a class's grades mean.

    Attributes:
        grades: the grades themselves.
        time: when they were finished; None when they do not tell.
        levels: the levels' names with their numbers of katas, in order.
        katas: how the class stands with each kata, in the grades' order.
        learners: each submission that could be graded, in the grades' order.
        failed: the submissions that could not be graded at all.
        curve: the class's progress over time; empty when no journal tells.
    """

    grades: Grades
    time: datetime | None
    levels: dict[str, int]
    katas: tuple[KataState, ...]
    learners: tuple[Learner, ...]
    failed: tuple[SubmissionGrade, ...]
    curve: tuple[Point, ...]

    @property
    def help_first(self) -> list[Learner]:
        """Those who need help, first things first; see the module's rule."""
        return sorted((one for one in self.learners if one.need), key=_urgency)

    @property
    def tampered(self) -> list[tuple[Learner, str, KataGrade]]:
        """What has to be looked at: the learner, the kata's name, and what was seen."""
        return [
            (one, name, one.submission.katas[name])
            for one in self.learners
            for name in one.tampered
        ]

    @property
    def stuck_katas(self) -> list[KataState]:
        """The unsolved katas that cost most runs, then those with most people at work."""
        hard = [state for state in self.katas if state.at_work]
        return sorted(hard, key=lambda state: (-state.runs, -state.at_work))

    @property
    def has_journals(self) -> bool:
        """Whether any submission came with a journal."""
        return any(one.submission.history for one in self.learners)


def level_of(kata: str) -> str:
    """The level in a kata's name."""
    return kata.partition("/")[0]


def number_of(kata: str) -> str:
    """The number in a kata's name, as ``06``; the whole folder when it has none."""
    folder = kata.rpartition("/")[2]
    digits = folder.partition("_")[0]
    return digits if digits.isdigit() else folder


def read_insight(grades: Grades) -> Insight:
    """Find out what grades mean.

    Args:
        grades: the grades; every text in them may be hostile, and none is changed here.
    """
    now = moment(grades.time)
    graded = [one for one in grades.submissions if not one.problem]
    learners = [_learner(one, grades.katas, now) for one in graded]
    middle = median([one.total for one in learners]) if learners else 0
    return Insight(
        grades,
        now,
        dict(Counter(level_of(kata.name) for kata in grades.katas)),
        tuple(_kata_state(kata, learners, now) for kata in grades.katas),
        tuple(_with_need(one, grades.katas, middle) for one in learners),
        tuple(one for one in grades.submissions if one.problem),
        tuple(curve([solved_times(one, grades.katas, now) for one in graded], now)),
    )


def is_stuck(history: History) -> bool:
    """Whether an unsolved kata with this history is one that somebody is stuck in."""
    return history.still >= STUCK_RUNS


def time_to_solve(history: History, until: datetime | None = None) -> float | None:
    """Seconds from the first run to the solution, breaks left out where the journal tells them.

    Returns:
        None when the history does not tell.
    """
    first, solved = moment(history.first, until), moment(history.solved, until)
    if first is None or solved is None or solved < first:
        return None
    return history.worked or (solved - first).total_seconds()


def moved_time(history: History, until: datetime | None) -> datetime | None:
    """When somebody last got further in a kata; None when the history does not tell."""
    return moment(history.moved, until) or moment(history.solved, until)


def solved_times(
    submission: SubmissionGrade, katas: Iterable[KataInfo], until: datetime | None
) -> list[datetime]:
    """When the katas were solved whose verdict is ``solved``, as the journal says; in order."""
    told = [
        moment(submission.history[kata.name].solved, until)
        for kata in katas
        if kata.name in submission.history
        and kata.name in submission.katas
        and submission.katas[kata.name].verdict == "solved"
    ]
    return sorted(time for time in told if time is not None)


def curve(times: Sequence[Sequence[datetime]], now: datetime | None) -> list[Point]:
    """A class's progress.

    Args:
        times: for each learner when their katas were solved, in order.
        now: where the curve ends; None for at the last time.

    Returns:
        A point for each moment at which something was solved, about 80 at most, and one for now.
    """
    moments = sorted({time for one in times for time in one})
    if len(moments) > _MOST_POINTS:
        last = len(moments) - 1
        picked = {round(i * last / (_MOST_POINTS - 1)) for i in range(_MOST_POINTS)}
        moments = [moments[i] for i in sorted(picked)]
    if moments and now and now > moments[-1]:
        moments.append(now)
    points = []
    for time in moments:
        counts = [sum(solved <= time for solved in one) for one in times]
        if len(counts) == 1:
            low = middle = high = float(counts[0])
        else:
            low, middle, high = quantiles(counts, n=4, method="inclusive")
        points.append(Point(time, low, middle, high))
    return points


def _learner(
    submission: SubmissionGrade, katas: Sequence[KataInfo], now: datetime | None
) -> Learner:
    solved = Counter({level_of(kata.name): 0 for kata in katas})
    stuck, tampered = [], []
    for kata in katas:
        grade = submission.katas.get(kata.name)
        if grade is None:
            continue
        history = submission.history.get(kata.name)
        solved[level_of(kata.name)] += grade.verdict == "solved"
        if grade.verdict in _AT_WORK and history and is_stuck(history):
            stuck.append(kata.name)
        if grade.verdict == "tampered":
            tampered.append(kata.name)
    history_of = submission.history
    stuck.sort(key=lambda name: -history_of[name].still)
    mine = [history_of[kata.name] for kata in katas if kata.name in history_of]
    moved = max(filter(None, (moved_time(one, now) for one in mine)), default=None)
    return Learner(
        submission,
        dict(solved),
        sum(one.runs for one in mine),
        sum(one.hints for one in mine),
        tuple(stuck),
        tuple(tampered),
        moved,
        days_between(moved, now),
    )


def _with_need(learner: Learner, katas: Sequence[KataInfo], middle: float) -> Learner:
    from dataclasses import replace

    return replace(learner, need=_need(learner, katas, middle))


def _need(learner: Learner, katas: Sequence[KataInfo], middle: float) -> Need | None:
    if learner.total >= len(katas):
        return None
    at_work = next((k.name for k in katas if _verdict(learner, k.name) in _AT_WORK), "")
    if learner.stuck:
        kata = learner.stuck[0]
        return Need("stuck", learner.submission.history[kata].still, kata)
    if learner.days is not None and learner.days >= STILL_DAYS:
        return Need("still", learner.days, at_work)
    if learner.total < middle / 2:
        return Need("behind", learner.total, at_work)
    return None


def _verdict(learner: Learner, kata: str) -> str:
    grade = learner.submission.katas.get(kata)
    return grade.verdict if grade else ""


def _urgency(learner: Learner) -> tuple[int, int, int, str]:
    need = learner.need
    assert need is not None
    rank = ("stuck", "still", "behind").index(need.kind)
    amount = need.amount if need.kind == "behind" else -need.amount
    return rank, amount, learner.total, learner.submission.name


def _kata_state(kata: KataInfo, learners: Sequence[Learner], now: datetime | None) -> KataState:
    pairs = [
        (one.submission.katas[kata.name], one.submission.history.get(kata.name))
        for one in learners
        if kata.name in one.submission.katas
    ]
    solvers = [history for grade, history in pairs if history and grade.verdict == "solved"]
    seconds = [time for time in (time_to_solve(one, now) for one in solvers) if time is not None]
    runs = [history.runs for history in solvers if history.runs]
    return KataState(
        kata,
        dict(Counter(grade.verdict for grade, _ in pairs)),
        sum(kata.name in one.stuck for one in learners),
        sum(history.runs for grade, history in pairs if history and grade.verdict in _AT_WORK),
        sum(history.hints for _, history in pairs if history),
        median(runs) if runs else None,
        median(seconds) if seconds else None,
        _common([grade for grade, _ in pairs if grade.verdict in _AT_WORK]),
    )


def _common(grades: Iterable[KataGrade]) -> Common | None:
    first = [(grade.test, grade.sentence) for grade in grades if grade.sentence]
    if not first:
        return None
    # Equals come in the order of the texts, so that a report never depends on chance.
    (test, sentence), learners = min(Counter(first).items(), key=lambda item: (-item[1], item[0]))
    return Common(test, sentence, learners)
