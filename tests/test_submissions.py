"""Finding a class's submissions, and whose they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.errors import CheckerError, SubmissionError
from checker.grade.opening import open_submission
from checker.grade.roster import Person, Roster
from checker.grade.submissions import Submission, find_submissions
from tests.classroom import (
    HELLO,
    catalog,
    git,
    honest,
    make_clone,
    make_tar,
    make_workspace,
    make_zip,
)


def found(*paths: Path, roster: Roster | None = None) -> list[Submission]:
    return find_submissions(list(paths), roster)


def names(*paths: Path, roster: Roster | None = None) -> list[str]:
    return [submission.name for submission in found(*paths, roster=roster)]


def empty(folder: Path) -> Path:
    """The least that is a workspace."""
    (folder / "katas" / "beginner").mkdir(parents=True)
    return folder


def with_remote(folder: Path, url: str) -> Path:
    empty(folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text(f'[remote "origin"]\n\turl = {url}\n')
    return folder


def test_a_class_of_everything(tmp_path: Path) -> None:
    group = tmp_path / "class"
    empty(group / "ada")
    empty(group / "bob" / "katas-main")
    empty(group / "cleo" / "outer" / "katas-main")
    make_zip(group / "dan.zip", honest())
    make_tar(group / "eve.tar.gz", honest())
    (group / "fay").mkdir()
    make_zip(group / "fay" / "work.zip", honest())
    git(group, "init", "-q", "--bare", "gus.git")
    (group / "notes.txt").write_text("mine")
    (group / ".DS_Store").write_text("mac")
    (group / "__MACOSX").mkdir()
    submissions = found(group)
    assert [(s.name, s.kind, s.path and s.path.relative_to(group).as_posix()) for s in
            submissions] == [
        ("ada", "folder", "ada"),
        ("bob", "folder", "bob/katas-main"),
        ("cleo", "folder", "cleo/outer/katas-main"),
        ("dan", "archive", "dan.zip"),
        ("eve", "archive", "eve.tar.gz"),
        ("fay", "archive", "fay/work.zip"),
        ("gus", "repository", "gus.git"),
    ]  # fmt: skip
    assert all(not s.problem and s.source.startswith(str(group)) for s in submissions)


def test_each_path_may_be_one_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(tmp_path / "ada")
    make_zip(tmp_path / "bob.zip", honest())
    assert names(tmp_path / "ada", tmp_path / "bob.zip") == ["ada", "bob"]
    monkeypatch.chdir(tmp_path / "ada")
    (here,) = found(Path())
    assert (here.name, here.source) == ("ada", ".")


def test_an_archive_is_known_by_its_bytes_when_it_is_named(tmp_path: Path) -> None:
    make_zip(tmp_path / "ada.zip", honest()).rename(tmp_path / "download")
    assert found(tmp_path / "download")[0].kind == "archive"


def test_what_is_given_twice_counts_once(tmp_path: Path) -> None:
    empty(tmp_path / "ada")
    empty(tmp_path / "bob")
    assert names(tmp_path, tmp_path / "ada", tmp_path / "bob" / ".." / "bob") == ["ada", "bob"]


def test_an_archive_that_was_unpacked_beside_itself_counts_once(tmp_path: Path) -> None:
    make_zip(tmp_path / "ada.zip", honest())
    empty(tmp_path / "ada")
    empty(tmp_path / "bob" / "work")
    make_zip(tmp_path / "bob" / "work.zip", honest())
    assert [(s.name, s.kind) for s in found(tmp_path)] == [("ada", "folder"), ("bob", "folder")]


def test_folders_and_files_that_hold_nothing_are_told(tmp_path: Path) -> None:
    empty(tmp_path / "ada")
    (tmp_path / "bob" / "src").mkdir(parents=True)
    (tmp_path / "cleo.rar").write_bytes(b"Rar!")
    (tmp_path / "dan").mkdir()
    (tmp_path / "dan" / "work.7z").write_bytes(b"7z")
    empty(tmp_path / "eve" / "a" / "b" / "c")
    (tmp_path / "fay").symlink_to(tmp_path / "ada")
    problems = {s.name: s.problem for s in found(tmp_path)}
    assert problems == {
        "ada": "",
        "bob": "The folder holds no workspace and no archive.",
        "cleo": "It is a .rar file, which cannot be opened here.",
        "dan": "It is a .7z file, which cannot be opened here.",
        "eve": "The folder holds no workspace and no archive.",
        "fay": "It is a symbolic link.",
    }
    assert all(s.advice and s.kind == "missing" for s in found(tmp_path) if s.problem)


def test_links_in_somebodys_folder_are_not_followed(tmp_path: Path) -> None:
    empty(tmp_path / "mentor")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "work").symlink_to(tmp_path / "mentor")
    (tmp_path / "class" / "bob").mkdir()
    (tmp_path / "class" / "bob" / "katas").symlink_to(tmp_path / "mentor" / "katas")
    (tmp_path / "class" / "cleo").mkdir()
    make_zip(tmp_path / "secret.zip", honest())
    (tmp_path / "class" / "cleo" / "work.zip").symlink_to(tmp_path / "secret.zip")
    assert [s.path for s in found(tmp_path / "class")] == [None, None, None]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
def test_pipes_do_not_hold_up_the_search(tmp_path: Path) -> None:
    empty(tmp_path / "class" / "ada")
    os.mkfifo(tmp_path / "class" / "ada.zip")
    (tmp_path / "class" / "bob").mkdir()
    os.mkfifo(tmp_path / "class" / "bob" / "work.zip")
    assert names(tmp_path / "class") == ["ada", "bob"]
    with pytest.raises(CheckerError, match="no folder and no archive"):
        found(tmp_path / "class" / "ada.zip")


@pytest.mark.parametrize("what", ["none", "empty", "text"])
def test_a_path_that_is_nothing_is_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello")
    with pytest.raises(CheckerError):
        found(tmp_path / what)


def test_moodles_names_are_cleaned_and_its_numbers_tell_namesakes_apart(tmp_path: Path) -> None:
    for label in ("Ada Lovelace_11", "Ada Lovelace_12", "Zoë Zed_13"):
        folder = tmp_path / f"{label}_assignsubmission_file"
        folder.mkdir()
        make_zip(folder / "work.zip", honest())
    make_zip(tmp_path / "Bob_14_assignsubmission_file_katas-main.zip", honest())
    assert names(tmp_path) == ["Ada Lovelace 11", "Ada Lovelace 12", "Bob", "Zoë Zed"]
    assert names(tmp_path / "Zoë Zed_13_assignsubmission_file") == ["Zoë Zed"]


def test_classrooms_assignment_is_taken_off_the_names(tmp_path: Path) -> None:
    for user in ("ada", "al-bert", "bob-1"):
        with_remote(tmp_path / f"katas-{user}", f"https://host.example/org/katas-{user}.git")
    assert names(tmp_path) == ["ada", "al-bert", "bob-1"]


def test_a_forks_owner_gives_the_name_unless_all_have_the_same(tmp_path: Path) -> None:
    with_remote(tmp_path / "one", "git@host.example:ada/katas.git")
    with_remote(tmp_path / "two", "https://host.example/bob/katas")
    with_remote(tmp_path / "three", "https://host.example/org/katas")
    with_remote(tmp_path / "four", "https://host.example/org/katas")
    assert names(tmp_path) == ["ada", "bob", "four", "three"]


def test_two_workspaces_in_one_folder_keep_its_name_before_theirs(tmp_path: Path) -> None:
    empty(tmp_path / "mallory" / "ada")
    empty(tmp_path / "mallory" / "bob")
    empty(tmp_path / "zoe")
    assert names(tmp_path) == ["mallory: ada", "mallory: bob", "zoe"]


def test_a_folder_round_the_class_is_no_part_of_the_names(tmp_path: Path) -> None:
    empty(tmp_path / "download" / "ada")
    empty(tmp_path / "download" / "bob")
    assert names(tmp_path) == ["ada", "bob"]


def test_a_folder_with_no_end_of_folders_is_given_up(tmp_path: Path) -> None:
    for number in range(80):
        for inner in range(80):
            (tmp_path / "class" / "mallory" / str(number) / str(inner)).mkdir(parents=True)
    empty(tmp_path / "class" / "mallory" / "zz" / "work")
    empty(tmp_path / "class" / "ada")
    assert [s.kind for s in found(tmp_path / "class")] == ["folder", "missing"]


def test_names_are_unique_and_safe_to_show(tmp_path: Path) -> None:
    for folder in (
        "a/Ada",
        "b/ada",
        "c/ADA",
        "d/\x1b[31mred\u202e\n",
        "e/\u200b",
        "f/" + "x" * 200,
    ):
        empty(tmp_path / folder)
    submissions = found(*(next(p.iterdir()) for p in sorted(tmp_path.iterdir())))
    shown = [s.name for s in submissions]
    assert sorted(shown) == ["ADA (3)", "Ada", "[31mred", "ada (2)", "without a name",
                             "x" * 79 + "…"]  # fmt: skip
    assert all(text.isprintable() for s in submissions for text in (s.name, s.source))
    assert sum(len(s.remarks) for s in submissions) == 2


def person(line: int, name: str, **signs: str) -> Person:
    return Person(line, name, **signs)


def test_a_roster_names_by_each_of_its_signs(tmp_path: Path) -> None:
    group = tmp_path / "class"
    empty(group / "x1")
    with_remote(group / "x2", "git@host.example:org/x-two.git")
    with_remote(group / "x3", "git@host.example:Cleo99/katas.git")
    empty(group / "katas-dan42")
    make_clone(group / "x5")
    empty(group / "LOVELACE, Adá")
    make_zip(group / "handed-in.zip", honest())
    empty(group / "stranger")
    roster = Roster(
        "roster.csv",
        (
            person(2, "One", folder="class/x1"),
            person(3, "Two", repository="https://host.example/org/x-two"),
            person(4, "Three", user="cleo99"),
            person(5, "Four", user="dan42"),
            person(6, "Five", email="ADA@example.org"),
            person(7, "Ada Lovelace"),
            person(8, "Seven", folder="handed-in.zip"),
            person(9, "Nobody", user="nobody"),
        ),
    )
    by_name = {s.name: s for s in found(group, roster=roster)}
    assert {name: s.path and s.path.name for name, s in by_name.items()} == {
        "One": "x1",
        "Two": "x2",
        "Three": "x3",
        "Four": "katas-dan42",
        "Five": "x5",
        "Ada Lovelace": "LOVELACE, Adá",
        "Seven": "handed-in.zip",
        "stranger": "stranger",
        "Nobody": None,
    }
    assert by_name["Nobody"].kind == "missing"
    assert by_name["Nobody"].source == "roster.csv:9"
    assert by_name["Nobody"].problem == "Nothing was handed in."


def test_a_sign_of_two_people_is_no_sign(tmp_path: Path) -> None:
    empty(tmp_path / "class" / "team")
    people = (person(2, "Ada", folder="team"), person(3, "Bob", folder="team"))
    assert names(tmp_path / "class", roster=Roster("r.csv", people)) == ["Ada", "Bob", "team"]


def test_two_submissions_of_one_person_are_both_kept(tmp_path: Path) -> None:
    empty(tmp_path / "class" / "katas-ada")
    empty(tmp_path / "class" / "more-ada")
    roster = Roster("r.csv", (person(2, "Ada", user="ada"),))
    first, second = found(tmp_path / "class", roster=roster)
    assert (first.name, second.name) == ("Ada", "Ada (2)")
    assert second.remarks == ("Another submission is Ada's too.",)


def test_a_commits_author_counts_less_than_the_folder(tmp_path: Path) -> None:
    """Anybody can write anybody's address into a commit."""
    make_clone(tmp_path / "class" / "mallory")
    people = (person(2, "Ada", email="ada@example.org"), person(3, "Mallory", folder="mallory"))
    submissions = found(tmp_path / "class", roster=Roster("r.csv", people))
    assert [(s.name, s.kind) for s in submissions] == [("Ada", "missing"), ("Mallory", "folder")]


def test_four_hundred_submissions_are_found_and_opened(
    tmp_path: Path, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KATA_DATA", str(packed))
    group = tmp_path / "class"
    group.mkdir()
    for number in range(400):
        label = f"Learner {number:03}_{number}_assignsubmission_file"
        match number % 4:
            case 0:
                make_workspace(group / label / "katas-main")
            case 1:
                make_zip(group / f"{label}_work.zip", honest("katas-main/"))
            case 2:
                make_tar(group / f"{label}_work.tgz", honest())
            case 3:
                (group / f"{label}_work.zip").write_bytes(b"PK\x03\x04 damaged")
    submissions = found(group)
    assert [s.name for s in submissions] == [f"Learner {number:03}" for number in range(400)]
    for number, submission in enumerate(submissions):
        target = tmp_path / "t" / str(number)
        if number % 4 == 3:
            with pytest.raises(SubmissionError, match="damaged"):
                open_submission(submission, target, catalog())
        else:
            result = open_submission(submission, target, catalog())
            assert set(result.katas[HELLO].files) == {"app.py"}
