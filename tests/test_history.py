"""A submission's journal: whatever its owner wrote into it."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checker import journal
from checker.grade.grades import History
from checker.grade.history import read_history

KATA = "beginner/01_hello"
KNOWN = {KATA, "beginner/02_count"}


def line(time: object = "2026-03-01T10:00:00.000Z", **values: Any) -> str:
    data = {"v": 1, "time": time, "kata": KATA, "what": "run", "verdict": "failing"}
    return json.dumps({**data, **values}) + "\n"


def read(tmp_path: Path, text: str | bytes) -> dict[str, History]:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_history(path, KNOWN)


def test_a_journal_is_folded(tmp_path: Path) -> None:
    text = (
        line("2026-03-03T10:00:00.000Z", verdict="solved")
        + line("2026-03-01T09:00:00.000Z", what="open")
        + line("2026-03-02T10:00:00.000Z")
        + line("2026-03-02T10:00:00.000Z")
        + line("2026-03-02T11:00:00.000Z", what="hint", hint=2)
        + line("2026-03-04T10:00:00.000Z", what="solution")
        + line("2026-03-01T09:30:00.000Z", verdict="untouched")
    )
    assert read(tmp_path, text) == {
        KATA: History(
            runs=2,
            hints=2,
            solution=True,
            first="2026-03-01T09:00:00.000Z",
            last="2026-03-04T10:00:00.000Z",
            solved="2026-03-03T10:00:00.000Z",
            moved="2026-03-03T10:00:00.000Z",
        )
    }


def test_what_the_checker_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".kata" / "journal.jsonl"
    journal.append(path, journal.Entry(journal.now(), KATA, "hint", hint=1))
    assert read_history(path, KNOWN)[KATA].hints == 1


def test_without_names_the_packed_katas_count(
    tmp_path: Path, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KATA_DATA", str(packed))
    path = tmp_path / "journal.jsonl"
    path.write_text(line() + line(kata="senior/01_other"))
    assert list(read_history(path)) == [KATA]


def test_times_are_given_in_utc_and_ordered_as_times(tmp_path: Path) -> None:
    text = line("2026-03-01T10:00:00+05:00") + line("2026-03-01T06:00:00Z")
    history = read(tmp_path, text)[KATA]
    assert (history.first, history.last) == ("2026-03-01T05:00:00.000Z", "2026-03-01T06:00:00.000Z")


@pytest.mark.parametrize(
    "odd",
    [
        line("1970-01-01T00:00:00Z"),
        line("9999-12-31T23:59:59.999Z"),
        line("9999-12-31T23:59:59-23:59"),
        line("0001-01-01T00:00:00+23:59"),
        line((datetime.now(UTC) + timedelta(days=3)).isoformat()),
        line("yesterday"),
        line("\x1b[31m" * 10_000),
        line(5),
        line(kata="../../etc/passwd"),
        line(kata="beginner/99_none"),
        line(kata=["x"]),
        line(passed="many"),
        line(hint=True, what="hint"),
        "[" * 200_000 + "\n",
        '{"a":' * 100_000 + "\n",
        "null\n",
        "\0\0\0\n",
        '{"time": NaN}\n',
        f'{{"time": {"9" * 5000}}}\n',
    ],
    ids=range(19),
)
def test_an_odd_line_is_passed_over_and_costs_no_other(odd: str, tmp_path: Path) -> None:
    history = read(tmp_path, line() + odd + line("2026-03-02T10:00:00.000Z"))
    assert list(history) == [KATA]
    assert history[KATA].runs == 2
    assert history[KATA].last == "2026-03-02T10:00:00.000Z"


def test_hints_are_never_more_than_there_are(tmp_path: Path) -> None:
    assert read(tmp_path, line(what="hint", hint=10**30))[KATA].hints == 3
    assert read(tmp_path, line(what="hint", hint=-5))[KATA].hints == 0


def test_a_journal_of_a_million_lines_is_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, line().encode() * 1_000_000) == {}


def test_a_journal_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none.jsonl", KNOWN) == {}
    assert read_history(tmp_path, KNOWN) == {}
    assert read(tmp_path, b"\xff\xfe\n" + line().encode())[KATA].runs == 1


def test_random_damage_never_raises(tmp_path: Path) -> None:
    dice = random.Random(11)
    whole = "".join(line(f"2026-03-{day:02}T10:00:00.000Z") for day in range(1, 20)).encode()
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 10)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        assert read(tmp_path, bytes(data))[KATA].runs <= 19
