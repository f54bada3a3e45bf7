"""Rosters, as they come out of real programs."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from checker.errors import CheckerError
from checker.grade.roster import Person, read_roster

ADA = Person(2, "Ada Lovelace", "ada-work", "org/katas-ada", "adal", "ada@example.org")


def write(tmp_path: Path, data: bytes | str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "roster.csv"
    path.write_bytes(data.encode(encoding) if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_way_to_write_it_is_read(
    separator: str, end: str, encoding: str, tmp_path: Path
) -> None:
    rows = [
        ["Name", "Folder", "Repository", "GitHub user", "E-mail"],
        ["Ada Lovelace", "ada-work", "org/katas-ada", "@adal", "ada@example.org"],
    ]
    text = "".join(separator.join(row) + end for row in rows)
    roster = read_roster(write(tmp_path, text, encoding))
    assert roster.people == (ADA,)
    assert roster.problems == ()


def test_excels_quotes_and_its_line_for_the_separator(tmp_path: Path) -> None:
    text = 'sep=;\r\n"name; full";name;email\r\nx;"Lovelace; ""Ada""";ada@example.org\r\n'
    (person,) = read_roster(write(tmp_path, text)).people
    assert (person.name, person.line) == ('Lovelace; "Ada"', 3)


def test_a_comma_in_a_quoted_title_does_not_name_the_separator(tmp_path: Path) -> None:
    text = '"a, b, c, d";name;email\nx;Ada;ada@example.org\n'
    assert read_roster(write(tmp_path, text)).people[0].name == "Ada"


def test_moodles_and_classrooms_columns_are_known(tmp_path: Path) -> None:
    moodle = "First name,Last name,ID number,Email address\nAda,Lovelace,7,ada@example.org\n"
    assert read_roster(write(tmp_path, moodle)).people == (
        Person(2, "Ada Lovelace", email="ada@example.org"),
    )
    classroom = 'identifier,github_username,github_id,name\n"ada@example.org",adal,1,\n'
    assert read_roster(write(tmp_path, classroom)).people == (
        Person(2, "ada@example.org", user="adal", email="ada@example.org"),
    )


def test_western_european_is_read_with_a_remark(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "name;email\r\nx;y\r\nJosé;j@example.org\r\n", "cp1252"))
    assert [person.name for person in roster.people] == ["x", "José"]
    assert roster.problems[0].startswith("Line 3 is not UTF-8")


def test_rows_that_cannot_be_read_are_told_with_their_lines(tmp_path: Path) -> None:
    text = (
        "name,email\n"
        "\n"
        ",\n"
        "Ada,ada@example.org\n"
        '"Bob\nBaker",bob@example.org\n'
        '"Cleo"x,cleo@example.org\n'
        ",\x01\n"
        "Lovelace, Ada,ada@example.org\n"
        "Ada,ada@example.org\n"
    )
    roster = read_roster(write(tmp_path, text))
    assert [(p.line, p.name) for p in roster.people] == [
        (4, "Ada"), (5, "Bob Baker"), (9, "Lovelace"),
    ]  # fmt: skip
    assert [problem[:7] for problem in roster.problems] == [
        "Line 7 ", "Line 8 ", "Line 9 ", "Line 10",
    ]  # fmt: skip
    assert "not in quotes" in roster.problems[2]
    assert "the same as line 4" in roster.problems[3]


def test_two_columns_that_mean_the_same_are_told(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "name,email,Mail\nAda,a@example.org,b@example.org\n"))
    assert roster.people[0].email == "a@example.org"
    assert "'Mail' says the same as 'email'" in roster.problems[0]


@pytest.mark.parametrize("text", ["", "\n\n", "Ada,ada@example.org\n", "points,grade\n1,2\n"])
def test_a_file_without_known_columns_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(CheckerError, match="must begin with a row that names its columns"):
        read_roster(write(tmp_path, text))


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckerError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(CheckerError, match="larger than 5 MB"):
        read_roster(write(tmp_path, b"name,email\n" * 500_000))


def test_names_are_safe_to_show(tmp_path: Path) -> None:
    roster = read_roster(write(tmp_path, "name,email\n\x1b[31mAda\u202e\x07 \tL,x\n"))
    assert roster.people[0].name == "[31mAda L"


def test_random_bytes_never_give_another_error(tmp_path: Path) -> None:
    dice = random.Random(7)
    letters = b'name,email;"\n\r\t\0\xff\xc3\xa9 '
    for _ in range(300):
        data = b"name,email\n" + bytes(dice.choices(letters, k=dice.randrange(200)))
        roster = read_roster(write(tmp_path, data))
        assert all(person.name for person in roster.people)
