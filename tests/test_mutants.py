"""Mutants: which changes of a reference are made, and how a suite is scored by them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.proof.mutants import changed_sources
from tests.desk import Desk
from tests.proof_kata import make_kata, suite


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x = f(a, b)", "x = f(a, None)"),
        ("x = a < b", "x = a <= b"),
        ("x = a and b", "x = a or b"),
        ("x: Annotated[int, Query(ge=1)]", "x: Annotated[int, Query(ge=2)]"),
        ("app.get('/books')", "app.get('XX/booksXX')"),
        ("f(strict=True)", "f(strict=False)"),
        ("Book(title=book.title)", "Book(title=None)"),
        ("HTTPException(404, detail)", "HTTPException(None, detail)"),
    ],
)
def test_what_may_change_a_behaviour_is_changed(source: str, wanted: str) -> None:
    assert wanted in {changed.strip() for changed in changed_sources(source)}


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "from a import b as c",
        '"""A docstring."""',
        "'A text for people.'",
        "f'{x} text'",
        "getLogger(__name__)",
        "ContextVar('caller')",
        "detail = f'{x} text'",
    ],
)
def test_texts_and_imports_are_left_alone(source: str) -> None:
    assert list(changed_sources(source)) == []


@pytest.mark.parametrize(
    ("source", "unwanted"),
    [
        ("f(strict=True)", "f(strict=None)"),
        ("f(strict=False)", "f(strict=None)"),
        ("dataclass(frozen=True)", "dataclass(frozen=False)"),
        ("HTTPException(404, detail)", "HTTPException(404, None)"),
    ],
)
def test_what_is_the_same_again_or_for_people_is_not_made(source: str, unwanted: str) -> None:
    assert unwanted not in {changed.strip() for changed in changed_sources(source)}


def test_no_change_comes_twice_and_each_can_be_compiled() -> None:
    found = list(changed_sources("def f(a, b):\n    return a + b if a else 1\n"))
    assert len(found) == len(set(found)) > 3
    for source in found:
        compile(source, "mutant", "exec")


@pytest.fixture
def repository(tmp_path: Path) -> Desk:
    make_kata(tmp_path / "repository")
    return Desk(tmp_path / "repository", {"KATA_DATA": str(tmp_path / "data")})


def test_a_suite_that_notices_everything_is_scored_so(repository: Desk) -> None:
    repository.checker("verify", "--pack", "--no-quality")
    result = repository.checker("mutants", "--json")
    (kata,) = json.loads(result.out)["katas"]
    assert kata["mutants"] > 8
    assert kata["score"] == 1
    assert kata["survivors"] == []


def test_what_a_suite_does_not_notice_is_shown(repository: Desk) -> None:
    weak = suite().replace('client.get("/3").json() == 3', 'client.get("/3").status_code == 200')
    file = repository.root / "katas" / "beginner" / "01_eight_numbers" / "test_app.py"
    file.write_text(weak)
    result = repository.checker("mutants", "--least", "100")
    assert result.code == 1
    assert "01_eight_numbers/app.py:" in result.out
    assert "-    return 3" in result.out
    assert "+    return 4" in result.out
