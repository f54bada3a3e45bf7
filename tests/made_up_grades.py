"""A class that never was: grades with everything that grades may hold, for reports to show.

``python -m tests.made_up_grades 40 grades.json`` writes one to look at.
"""

from __future__ import annotations

import ast
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from checker.catalog import Kata, load_catalog
from checker.grade.grades import (
    Grades,
    History,
    KataGrade,
    KataInfo,
    Kind,
    SubmissionGrade,
)

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
FIRST = """Ada Amara Anaïs Arjun Beatriz Bo Chidi Chloé Dafne Daniel Elif Emre Fatima Felix Grace
Hana Hugo Inês Ivan Jamal Jolanta Kenji Leïla Lucía Malik Mei Milo Nadia Noor Olga Oskar Priya
Quentin Rania Rosa Samuel Sigrid Tariq Thandiwe Uma Viktor Wanjiru Xenia Yusuf Zofia 美咲 Åsa
Owen""".split()
LAST = """Abara Andersson Becker Chen Costa Diallo Eriksen Fernández Gupta Haddad Ivanova Jansen
Kowalska Lindqvist Mbeki Moreau Nakamura Novák Okafor Oliveira Petrov Quispe Rossi Sato Schmidt
Silva Tanaka Uzun Varga Wójcik Yılmaz Zhang 佐藤 O’Brien García-Márquez van-der-Berg""".split()


@cache
def katas() -> tuple[Kata, ...]:
    """The real katas."""
    return load_catalog(ROOT / "katas")


@cache
def steps(kata: Kata) -> tuple[tuple[str, str], ...]:
    """The tests of a kata's suite with their sentences, in the order of the file."""
    tree = ast.parse(kata.suite.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return tuple(
        (f.name, (ast.get_docstring(f) or f.name).splitlines()[0])
        for f in functions
        if f.name.startswith("test_")
    )


def made_up_grades(learners: int = 40, seed: int = 7, *, journals: bool = True) -> Grades:
    """A class of so many learners, always the same for the same numbers."""
    chance = random.Random(seed)
    infos = tuple(KataInfo(k.name, k.title, len(steps(k)), "0123abcd" * 2) for k in katas())
    names = sorted({_name(chance, i) for i in range(learners)})
    people = []
    for i, name in enumerate(names):
        if i == 17:
            problem = "The archive is damaged: it ends in the middle of katas/mid/app.py."
            people.append(SubmissionGrade(name, f"class/{i:03}.zip", problem=problem))
        else:
            people.append(_person(name, i, chance, journals))
    return Grades(
        NOW.isoformat(),
        "namespaces",
        ("user namespace", "no network", "read-only files", "seccomp", "limits"),
        {"checker": "0.1.0", "Python": "3.11.7", "FastAPI": "0.165.0"},
        infos,
        tuple(people),
    )


def hostile_grades(text: str) -> Grades:
    """A class of two in which every text is ``text``."""
    exchange: dict[str, Any] = {
        "method": text, "target": text, "sent": text, "sent_headers": {text: text},
        "status": 500, "got": text, "got_headers": {text: text}, "error": text,
    }  # fmt: skip
    infos = (KataInfo("beginner/01_hello", text, 3), KataInfo("mid/01_more", text, 4))
    kinds: tuple[Kind, ...] = ("failing", "tampered")
    people = []
    for kind in kinds:
        grade = KataGrade(
            kind, 1, 0, text, text, text, text, text, (exchange, {"status": text, text: [1]}),
            (text, text),
        )  # fmt: skip
        history = History(9, 2, True, text, text, text, text, 9)
        people.append(
            SubmissionGrade(
                text, text, text, "",
                {info.name: grade for info in infos}, {info.name: history for info in infos},
            )
        )  # fmt: skip
    people.append(SubmissionGrade(text, text, problem=text))
    return Grades(NOW.isoformat(), text, (text,), {text: text}, infos, tuple(people))


def _name(chance: random.Random, i: int) -> str:
    extra = f" {chance.choice('ABCDEFGHJKLM')}." if i >= 45 else ""
    return f"{chance.choice(FIRST)}{extra} {chance.choice(LAST)}" + (f" {i}" if i >= 120 else "")


def _person(name: str, i: int, chance: random.Random, journals: bool) -> SubmissionGrade:
    skill = min(1.0, max(0.03, chance.betavariate(2.2, 1.9)))
    begins = NOW - timedelta(days=chance.randint(45, 70))
    stops = NOW - timedelta(days=chance.choice([0, 0, 0, 1, 1, 1, 2, 2, 3, 5, 9, 16]), hours=3)
    grades, history = {}, {}
    reached = skill * 30
    for place, kata in enumerate(katas()):
        hard = 0.8 + 1.3 * place / 30 + (1.2 if kata.number == 6 and kata.level == "mid" else 0)
        if place > reached + chance.randint(-2, 3):
            grades[kata.name] = KataGrade("untouched")
            continue
        share = min(1.0, (place + chance.uniform(0.2, 1)) / max(reached, 1)) ** 1.3
        clock = begins + (stops - begins) * share
        sure = 0.99 - 0.16 * hard * (1.2 - skill)
        grades[kata.name] = _grade(kata, sure if place < reached - 1 else sure / 3, chance, i)
        history[kata.name] = _history(grades[kata.name], clock, chance, hard)
    commit = "".join(chance.choice("0123456789abcdef") for _ in range(40))
    return SubmissionGrade(name, f"class/{i:03}", commit, "", grades, history if journals else {})


def _grade(kata: Kata, sure: float, chance: random.Random, i: int) -> KataGrade:
    plan = steps(kata)
    draw = chance.random()
    if i in (5, 23) and kata.level == "beginner" and kata.number == 3 + i % 4:
        return KataGrade(
            "tampered", len(plan), len(plan) - 2,
            message="The suite's own check, which must always fail, passed: something in app.py "
            "replaced pytest's report of a failure.",
            advice="Ask how app.py came to import _pytest.",
            place="app.py:14",
            seconds=0.6,
        )  # fmt: skip
    if draw < sure:
        return KataGrade("solved", len(plan), len(plan), seconds=chance.uniform(0.2, 1.2))
    passed = min(len(plan) - 1, int(abs(chance.gauss(0.45, 0.3)) * len(plan)))
    kind: Kind = chance.choices(
        ("failing", "broken", "timeout", "crashed", "unavailable"), (80, 9, 5, 3, 1)
    )[0]
    if kind == "broken":
        return KataGrade(
            "broken",
            message="app.py cannot be imported: SyntaxError: '(' was never closed",
            advice="Python names the line where the bracket opens.",
            place=f"app.py:{chance.randint(5, 60)}",
            seconds=0.2,
        )
    if kind == "unavailable":
        return KataGrade("unavailable", message="PostgreSQL could not be started here.")
    # People fail at the same place more often than not.
    test, sentence = plan[passed if chance.random() < 0.5 else len(plan) // 3]
    message = {
        "timeout": "Still running after 5 seconds.",
        "crashed": "The process ended by itself with exit code 3 during this test.",
    }.get(kind, "POST /books answered 200 OK; expected 201 Created.")
    return KataGrade(
        kind, passed, passed, test, sentence, message,
        "Give the decorator status_code=201." if kind == "failing" else
        "Look for a loop that never ends." if kind == "timeout" else "",
        f"app.py:{chance.randint(5, 80)}", _exchanges(chance),
        ("A process was left behind and was ended.",) if chance.random() < 0.03 else (),
        chance.uniform(0.3, 3), "feedbeef" * 2,
    )  # fmt: skip


def _exchanges(chance: random.Random) -> tuple[dict[str, Any], ...]:
    title = chance.choice(["The Emerald Library of Nekara", "Salt and Paper", "Nine Lanterns"])
    body = {"title": title, "author": "Ada Abara", "isbn": "978-3-16-148410-0"}
    asked = {
        "method": "POST", "target": "/books", "sent": json.dumps(body), "sent_headers": {},
        "status": 200, "got": json.dumps({"id": 1, **body}),
        "got_headers": {"location": "/books/1"}, "handler": None, "error": "", "error_place": None,
    }  # fmt: skip
    if chance.random() < 0.3:
        broken = {"status": 500, "got": "Internal Server Error", "got_headers": {}}
        return ({**asked, **broken, "error": "KeyError: 'price'"},)
    if chance.random() < 0.3:
        again = {"method": "GET", "target": "/books/1", "sent": "", "got_headers": {}}
        return (asked, {**asked, **again})
    return (asked,)


def _history(grade: KataGrade, clock: datetime, chance: random.Random, hard: float) -> History:
    runs = max(1, int(chance.expovariate(1 / (4 * hard))))
    worked = chance.uniform(240, 2400) * hard
    first = (clock - timedelta(seconds=worked * chance.uniform(1, 6))).isoformat()
    hints = chance.choices((0, 1, 2, 3), (60, 22, 12, 6))[0]
    if grade.verdict == "solved":
        return History(
            runs, hints, chance.random() < 0.05, first, clock.isoformat(), clock.isoformat(),
            clock.isoformat(), 0, worked,
        )  # fmt: skip
    still = max(0, runs - chance.randint(1, 8))
    last = min(clock + timedelta(days=chance.uniform(0, 3)), NOW)
    return History(
        runs, hints, False, first, last.isoformat(), "", clock.isoformat(), still, worked
    )


if __name__ == "__main__":
    made = made_up_grades(int(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(made.to_json()), encoding="utf-8")
