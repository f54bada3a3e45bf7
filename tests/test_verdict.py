"""Each kind of verdict, judged from events, with its golden JSON.

Set UPDATE_GOLDEN=1 to write the golden files anew after a deliberate change.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from checker.verdict import KINDS, Context, End, Verdict, judge

GOLDEN = Path(__file__).parent / "golden"

FAILURE: dict[str, Any] = {
    "message": "GET /books answered 404 Not Found; expected 200 OK.",
    "advice": "",
    "error": "AssertionError",
    "file": "/w/katas/beginner/03_x/app.py",
    "line": 12,
    "text": "def read_book(book_id: int):",
    "test_line": 7,
    "test_text": "assert answer.status_code == 200",
}
EXCHANGE = {
    "method": "GET", "target": "/books", "sent": "", "sent_headers": {}, "status": 404,
    "got": '{"detail":"Not Found"}', "got_headers": {}, "handler": None, "error": "",
    "error_place": None,
}  # fmt: skip


def collected() -> dict[str, Any]:
    tests = [
        {"id": "test_up", "sentence": "The app is up.", "guard": True, "line": 3},
        {"id": "test_books", "sentence": "GET /books answers 200.", "guard": False, "line": 6},
        {"id": "test_add", "sentence": "POST /books answers 201.", "guard": False, "line": 11},
    ]
    return {"event": "collected", "tests": tests, "seed": "5eed"}


def ran(test: str, outcome: str = "passed", **failure: Any) -> list[dict[str, Any]]:
    return [
        {"event": "started", "id": test},
        {
            "event": "finished",
            "id": test,
            "outcome": outcome,
            "seconds": 0.01,
            "failure": {**FAILURE, **failure} if outcome != "passed" else None,
            "exchanges": [EXCHANGE] if outcome != "passed" else [],
            "output": "printed\n" if outcome != "passed" else "",
        },
    ]


ENDED = [{"event": "ended"}]
ALL = [collected(), *ran("test_up"), *ran("test_books"), *ran("test_add"), *ENDED]
SOME = [collected(), *ran("test_up"), *ran("test_books", "failed"), *ran("test_add"), *ENDED]
CONTEXT = Context("beginner/03_x", "d1ge57")

CASES: dict[str, tuple[list[dict[str, Any]], Context, End]] = {
    "solved": (ALL, CONTEXT, End()),
    "failing": (SOME, CONTEXT, End()),
    "untouched": (SOME, Context("beginner/03_x", "d1ge57", untouched=True), End()),
    "tampered": (ALL, Context("beginner/03_x", "d1ge57", ("test_app.py",)), End()),
    "broken": (
        [
            collected(),
            *ran("test_up", "broken", error="Broken", message="app.py has no `app`.", line=0),
            *ENDED,
        ],
        CONTEXT,
        End(),
    ),
    "unavailable": (
        [
            collected(),
            *ran(
                "test_up",
                "unavailable",
                error="Unavailable",
                message="PostgreSQL cannot be had.",
                advice="Set DATABASE_URL.",
                file="",
                line=0,
            ),
            *ENDED,
        ],
        CONTEXT,
        End(),
    ),
    "timeout": (
        [collected(), *ran("test_up"), {"event": "started", "id": "test_books"}],
        CONTEXT,
        End("test limit", -9, 5.0, "hello\n"),
    ),
    "crashed": (
        [collected(), *ran("test_up"), {"event": "started", "id": "test_books"}],
        CONTEXT,
        End("exited", -11, 0.0, "Segmentation fault\n"),
    ),
}


def test_every_kind_has_a_case() -> None:
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_golden_json(kind: str) -> None:
    events, context, end = CASES[kind]
    verdict = judge(events, context, end, 0.1234567)
    assert verdict.kind == kind
    text = json.dumps(verdict.to_json(), indent=2, ensure_ascii=False) + "\n"
    path = GOLDEN / f"{kind}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def judged(*events: dict[str, Any], end: End = End()) -> Verdict:  # noqa: B008 - frozen
    return judge(events, CONTEXT, end, 0.1)


def test_a_run_that_did_not_end_by_itself_is_never_solved() -> None:
    verdict = judged(*ALL[:-1])
    assert verdict.kind == "crashed"


def test_a_test_that_did_not_run_is_never_solved() -> None:
    verdict = judged(collected(), *ran("test_up"), *ran("test_books"), *ENDED)
    assert verdict.kind == "failing"


def test_a_skipped_test_is_never_solved() -> None:
    events = [collected(), *ran("test_up"), *ran("test_books"), *ran("test_add", "skipped"), *ENDED]
    assert judged(*events).kind == "failing"


def test_a_result_for_an_unknown_test_counts_for_nothing() -> None:
    events = [collected(), *ran("test_up"), *ran("test_books"), *ran("test_invented"), *ENDED]
    verdict = judged(*events)
    assert verdict.kind == "failing"
    assert [test.id for test in verdict.tests] == ["test_up", "test_books", "test_add"]


def test_no_test_at_all_is_never_solved() -> None:
    assert judged(*ENDED).kind == "crashed"
    assert judged({"event": "collected", "tests": [], "seed": ""}, *ENDED).kind == "crashed"


def test_guards_are_no_progress() -> None:
    verdict = judged(*SOME)
    assert (verdict.passed, len(verdict.steps)) == (1, 2)


def test_tampering_counts_more_than_anything_else() -> None:
    touched = Context("beginner/03_x", touched=("test_app.py", "conftest.py"))
    verdict = judge([], touched, End("exited", 1), 0.1)
    assert verdict.kind == "tampered"
    assert "test_app.py, conftest.py were changed or removed" in verdict.message
