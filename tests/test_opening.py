"""Folders and repositories that somebody else filled."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from checker.candidate import Candidate, stage
from checker.errors import SubmissionError
from checker.grade.folders import commit_of, read_below, remote_of
from checker.grade.limits import Limits
from checker.grade.opening import open_submission
from checker.grade.repositories import author_of
from checker.grade.submissions import Submission
from tests.classroom import (
    COUNT,
    HELLO,
    KATA,
    ORIGINAL,
    WORK,
    catalog,
    everything,
    git,
    make_clone,
    make_workspace,
    opened,
    work_of,
)

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")


@pytest.fixture(autouse=True)
def _data(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KATA_DATA", str(packed))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "ada")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


def test_only_the_learners_files_and_the_journal_are_copied(workspace: Path, target: Path) -> None:
    (workspace / ".kata" / "private").mkdir(parents=True)
    (workspace / ".kata" / "private" / "secret").write_text("x")
    (workspace / ".kata" / "journal.jsonl").write_text("{}\n")
    (workspace / "notes.txt").write_text("mine")
    result = opened(workspace, target)
    assert everything(target) == {
        f"{KATA}/app.py",
        "katas/beginner/02_count/app.py",
        ".kata/journal.jsonl",
    }
    assert result.journal == target / ".kata" / "journal.jsonl"
    assert work_of(result) == {"app.py": WORK}
    assert list(result.katas) == [HELLO, COUNT]
    assert result.remarks == result.katas[HELLO].remarks == ()
    assert result.commit == ""


def test_what_was_opened_is_a_candidate(workspace: Path, target: Path, tmp_path: Path) -> None:
    result = opened(workspace, target)
    kata = catalog()[0]
    folder = stage(kata, Candidate("submission", "ada", result.katas[HELLO].files), tmp_path / "s")
    assert (folder / "app.py").read_bytes() == WORK
    assert (folder / "test_app.py").read_bytes() == (ORIGINAL / "test_app.py").read_bytes()


@pytest.mark.parametrize("name", ["test_app.py", "kata.toml", "words.py"])
def test_a_changed_suite_or_given_file_is_told_and_not_used(
    name: str, workspace: Path, target: Path
) -> None:
    path = workspace / KATA / name
    path.write_text("def test_nothing(): pass\n")
    result = opened(workspace, target)
    assert result.katas[HELLO].remarks == (f"{name} was changed; the original was used.",)
    path.write_bytes(b"#" * 2_000_000)
    again = opened(workspace, target.with_name("again"))
    assert again.katas[HELLO].remarks == (f"{name} is larger than 1 MB; the original was used.",)
    assert set(work_of(result)) == {"app.py"}


def test_other_line_ends_and_a_page_with_notes_are_no_change(workspace: Path, target: Path) -> None:
    suite = workspace / KATA / "test_app.py"
    suite.write_bytes(suite.read_bytes().replace(b"\n", b"\r\n"))
    (workspace / KATA / "README.md").write_text("my notes")
    assert opened(workspace, target).katas[HELLO].remarks == ()


@pytest.mark.parametrize(
    "name",
    [
        "conftest.py",
        "pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "tox.ini",
        "setup.cfg",
        "pyproject.toml",
        "sitecustomize.py",
        "usercustomize.py",
        "Conftest.py",
        "evil.pth",
        "fast.so",
        "fast.pyd",
        "app.pyc",
        "evil.dist-info/entry_points.txt",
        "inner/conftest.py",
        "fastapi/__init__.py",
        "pytest.py",
    ],
)
def test_what_would_steer_python_is_left_out_and_told(
    name: str, workspace: Path, target: Path
) -> None:
    path = workspace / KATA / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("evil")
    result = opened(workspace, target)
    assert set(work_of(result)) == {"app.py"}
    (remark,) = result.katas[HELLO].remarks
    assert remark.startswith(name)
    assert remark.endswith("; it was left out.")


def test_leftovers_are_left_out_without_a_word(workspace: Path, target: Path) -> None:
    names = (
        "__pycache__/app.cpython-311.pyc", ".app.py.swp", "app.py~", "#app.py#", ".#app.py",
        "app.py.orig", ".DS_Store", ".idea/workspace.xml", ".pytest_cache/README.md", "Thumbs.db",
    )  # fmt: skip
    for name in names:
        (workspace / KATA / name).parent.mkdir(exist_ok=True)
        (workspace / KATA / name).write_text("left")
    result = opened(workspace, target)
    assert work_of(result) == {"app.py": WORK}
    assert result.katas[HELLO].remarks == ()


def test_a_learners_own_modules_and_a_few_other_files_are_copied(
    workspace: Path, target: Path
) -> None:
    for name in ("mine.py", "shop/__init__.py", "templates/page.html", "queue.py", "données.json"):
        (workspace / KATA / name).parent.mkdir(exist_ok=True)
        (workspace / KATA / name).write_text("1")
    result = opened(workspace, target)
    assert set(work_of(result)) == {
        "app.py", "mine.py", "shop/__init__.py", "templates/page.html", "queue.py", "données.json",
    }  # fmt: skip
    assert result.katas[HELLO].remarks == ()


def test_the_learners_files_come_before_the_limits(workspace: Path, target: Path) -> None:
    for number in range(30):
        (workspace / KATA / f"a{number}.py").write_text("1")
        (workspace / KATA / f"a{number}.txt").write_text("1")
    limits = Limits(kata_files=20, other_files=5)
    result = opened(workspace, target, limits)
    work = work_of(result)
    assert work["app.py"] == WORK
    assert len(work) == 20
    assert sum(name.endswith(".txt") for name in work) == 5
    remarks = result.katas[HELLO].remarks
    assert len(remarks) == 21
    assert remarks[-1] == "There is more of this kind."


def test_a_folder_of_too_many_files_is_refused(workspace: Path, target: Path) -> None:
    for number in range(200):
        (workspace / KATA / f"{number}.txt").touch()
    with pytest.raises(SubmissionError, match="more than 100 files"):
        opened(workspace, target, Limits(entries=100))


def test_no_time_left_is_told(workspace: Path, target: Path) -> None:
    with pytest.raises(SubmissionError, match="takes longer"):
        opened(workspace, target, Limits(seconds=-1))


def test_a_kata_that_is_not_there_has_no_files(workspace: Path, target: Path) -> None:
    shutil.rmtree(workspace / "katas" / COUNT)
    (workspace / KATA / "app.py").unlink()
    result = opened(workspace, target)
    for name in (HELLO, COUNT):
        assert result.katas[name].files == {}
        assert result.katas[name].missing == ("app.py",)


def test_a_workspace_of_other_katas_is_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "ada" / "katas" / "beginner" / "99_other").mkdir(parents=True)
    with pytest.raises(SubmissionError, match="none of the katas"):
        opened(tmp_path / "ada", target)


@posix
def test_links_pipes_and_sockets_are_neither_followed_nor_waited_for(
    workspace: Path, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    kata = workspace / KATA
    (kata / "link.py").symlink_to(secret)
    (kata / "folder").symlink_to(tmp_path)
    os.link(secret, kata / "hard.py")
    os.mkfifo(kata / "pipe.py")
    monkeypatch.chdir(kata)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        result = opened(workspace, target)
    assert work_of(result) == {"app.py": WORK}
    assert [remark.partition(" is ")[2] for remark in result.katas[HELLO].remarks] == [
        "a symbolic link; it was left out.",
        "a hard link, a second name of another file; it was left out.",
        "a symbolic link; it was left out.",
        "a pipe; it was left out.",
        "a socket; it was left out.",
    ]
    assert b"secret" not in b"".join(p.read_bytes() for p in target.rglob("*") if p.is_file())


@posix
@pytest.mark.parametrize("place", ["katas/beginner", KATA, ".kata", ".kata/journal.jsonl"])
def test_a_link_on_the_way_is_not_followed(
    place: str, workspace: Path, target: Path, tmp_path: Path
) -> None:
    (workspace / ".kata").mkdir()
    (workspace / ".kata" / "journal.jsonl").write_text("{}\n")
    (workspace / place).rename(tmp_path / "elsewhere")
    (workspace / place).symlink_to(tmp_path / "elsewhere")
    if place == "katas/beginner":
        with pytest.raises(SubmissionError, match="is a symbolic link: not followed"):
            opened(workspace, target)
        return
    result = opened(workspace, target)
    if place == KATA:
        assert result.katas[HELLO].files == {}
        assert result.remarks == (f"{KATA} is a symbolic link: not followed.",)
    else:
        assert result.journal is None


@posix
def test_devices_are_not_opened(workspace: Path, target: Path) -> None:
    try:
        os.mknod(workspace / KATA / "zero.py", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")
    result = opened(workspace, target)
    assert result.katas[HELLO].remarks == ("zero.py is a device; it was left out.",)


@posix
def test_a_folder_that_changes_meanwhile_gives_its_own_files_or_none(
    workspace: Path, tmp_path: Path
) -> None:
    """A file is swapped for a link, and its folder too, as fast as can be."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "app.py").write_text("secret")
    kata, spare = workspace / KATA, workspace / "spare"
    stop = threading.Event()

    def swap() -> None:
        (workspace / "link").symlink_to(outside)
        while not stop.is_set():
            kata.rename(spare)
            (workspace / "link").rename(kata)
            kata.rename(workspace / "link")
            spare.rename(kata)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        seen = [read_below(workspace, (*KATA.split("/"), "app.py"), 1000) for _ in range(3000)]
    finally:
        stop.set()
        thread.join()
    assert WORK in seen
    assert b"secret" not in seen


@posix
def test_a_name_that_is_not_utf_8_or_has_control_characters_is_left_out(
    workspace: Path, target: Path
) -> None:
    for name in (b"caf\xe9.py", b"red\x1b[31m.py", b"two\nlines.py", b"back\\slash.py"):
        Path(os.fsdecode(os.fsencode(workspace / KATA) + b"/" + name)).write_text("1")
    result = opened(workspace, target)
    assert work_of(result) == {"app.py": WORK}
    told = (*result.remarks, *result.katas[HELLO].remarks)
    assert len(told) == 4
    assert all(remark.isprintable() for remark in told)


@posix
def test_an_unprivileged_user_is_told_what_cannot_be_read(
    workspace: Path, tmp_path: Path, packed: Path
) -> None:
    """Root reads everything; anybody else gets a remark, and the other katas."""
    (workspace / KATA / "app.py").chmod(0)
    (workspace / "katas" / COUNT).chmod(0)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from tests.classroom import opened; import checker.grade.repositories\n"
        "if os.geteuid() == 0: os.setgid(65534), os.setuid(65534)\n"
        "try: print(opened(Path(sys.argv[1]), Path(sys.argv[2])))\n"
        "except Exception as error: print(error)"
    )
    target = tmp_path / "target"
    target.mkdir()
    if os.geteuid() == 0:  # the folders of this test are root's alone
        target.chmod(0o777)
        for folder in (*tmp_path.parents, tmp_path, packed, packed.parent):
            if folder.name.startswith(("pytest-", "test_", "data")):
                folder.chmod(0o755)
    if any(not folder.stat().st_mode & 1 for folder in Path(__file__).parents):
        pytest.skip("others may not read this repository")
    done = subprocess.run(
        [sys.executable, "-c", code, workspace, target],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    (workspace / "katas" / COUNT).chmod(0o755)
    assert "app.py cannot be read (Permission denied)" in done.stdout, done
    assert "Traceback" not in done.stderr


def test_the_commit_of_a_clone_is_read_by_hand(tmp_path: Path, target: Path) -> None:
    clone = tmp_path / "ada"
    commit = make_clone(clone)
    assert opened(clone, target).commit == commit
    git(clone, "pack-refs", "--all")
    assert not (clone / ".git" / "refs" / "heads" / "main").exists()
    assert commit_of(clone / ".git") == commit
    git(clone, "checkout", "-q", "--detach")
    assert commit_of(clone / ".git") == commit


@pytest.mark.parametrize(
    "head",
    ["ref: ../../secret", "ref: refs/../../secret", "ref: /etc/passwd", "x" * 40, "", "ref: "],
)
def test_a_head_that_leads_elsewhere_gives_no_commit(head: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a" * 40)
    (tmp_path / "ada" / ".git").mkdir(parents=True)
    (tmp_path / "ada" / ".git" / "HEAD").write_text(head + "\n")
    assert commit_of(tmp_path / "ada" / ".git") == ""


@posix
def test_a_git_directory_elsewhere_is_not_followed(tmp_path: Path) -> None:
    make_clone(tmp_path / "mentor")
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / ".git").write_text(f"gitdir: {tmp_path / 'mentor' / '.git'}\n")
    assert commit_of(tmp_path / "ada" / ".git") == ""
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / ".git").symlink_to(tmp_path / "mentor" / ".git")
    assert commit_of(tmp_path / "bob" / ".git") == ""


def test_the_working_tree_of_a_clone_is_graded(tmp_path: Path, target: Path) -> None:
    make_clone(tmp_path / "ada")
    (tmp_path / "ada" / KATA / "app.py").write_bytes(b"later = 1\n")
    assert work_of(opened(tmp_path / "ada", target)) == {"app.py": b"later = 1\n"}


def make_bare(tmp_path: Path) -> tuple[Path, str]:
    commit = make_clone(tmp_path / "work")
    git(tmp_path, "clone", "-q", "--bare", "--no-hardlinks", "work", "ada.git")
    return tmp_path / "ada.git", commit


def test_a_bare_repository_is_read(tmp_path: Path, target: Path) -> None:
    bare, commit = make_bare(tmp_path)
    result = opened(bare, target)
    assert work_of(result) == {"app.py": WORK}
    assert result.commit == commit
    assert result.katas[HELLO].remarks == ()
    assert author_of(bare, 10) == ("Ada Lovelace", "ada@example.org")


@posix
def test_links_and_large_files_in_a_bare_repository_are_left_out(
    tmp_path: Path, target: Path
) -> None:
    work = tmp_path / "work"
    make_clone(work)
    (work / KATA / "link.py").symlink_to("/etc/passwd")
    (work / KATA / "large.py").write_bytes(b"#" * 1_000_001)
    (work / KATA / "test_app.py").write_text("def test_nothing(): pass\n")
    git(work, "add", "-A")
    git(work, "commit", "-qm", "More")
    git(tmp_path, "clone", "-q", "--bare", "--no-hardlinks", "work", "ada.git")
    result = opened(tmp_path / "ada.git", target)
    assert work_of(result) == {"app.py": WORK}
    assert set(result.katas[HELLO].remarks) == {
        "link.py is a symbolic link; it was left out.",
        "large.py is larger than 1 MB; it was left out.",
        "test_app.py was changed; the original was used.",
    }


@posix
@pytest.mark.parametrize("bare", [True, False])
def test_nothing_that_a_repositorys_configuration_names_is_run(
    bare: bool, tmp_path: Path, target: Path
) -> None:
    """Each of these runs a program when git is used in the ordinary way."""
    clone, commit = (
        make_bare(tmp_path) if bare else (tmp_path / "ada", make_clone(tmp_path / "ada"))
    )
    directory = clone if bare else clone / ".git"
    ran = tmp_path / "ran"
    run = f"touch {ran}; false"
    (directory / "included").write_text(f'[core]\n\tfsmonitor = "{run}"\n')
    with (directory / "config").open("a") as config:
        config.write(
            f'[core]\n\tfsmonitor = "{run}"\n\tsshCommand = "{run}"\n\tpager = "{run}"\n'
            f'\thooksPath = {directory}/evil\n\tgitProxy = "{run}"\n\taskPass = "{run}"\n'
            f'[include]\n\tpath = included\n[filter "evil"]\n\tsmudge = "{run}"\n'
            f'\tclean = "{run}"\n\tprocess = "{run}"\n[alias]\n\tcat-file = "!{run}"\n'
            f'[diff]\n\texternal = "{run}"\n[gpg]\n\tprogram = "{run}"\n'
            '[protocol "ext"]\n\tallow = always\n[extensions]\n\tpartialClone = evil\n'
            f'[remote "evil"]\n\tpromisor = true\n\turl = "ext::sh -c touch% {ran}"\n'
            f'\tuploadpack = "{run}"\n'
        )
    (directory / "info").mkdir(exist_ok=True)
    (directory / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    (directory / "evil").mkdir()
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        for folder in (directory / "evil", directory / "hooks"):
            folder.mkdir(exist_ok=True)
            (folder / hook).write_text(f"#!/bin/sh\n{run}\n")
            (folder / hook).chmod(0o755)
    result = opened(clone, target)
    assert result.commit == commit
    assert work_of(result) == {"app.py": WORK}
    assert author_of(directory, 10)[0] == "Ada Lovelace"
    # An object that is missing makes a promisor's repository fetch.
    blob = git(clone, "-c", "core.fsmonitor=", "rev-parse", f"HEAD:{KATA}/app.py")
    ran.unlink(missing_ok=True)
    (directory / "objects" / blob[:2] / blob[2:]).unlink(missing_ok=True)
    for pack in (directory / "objects" / "pack").glob("*"):
        pack.chmod(0o600)
        pack.unlink()
    if bare:
        with pytest.raises(SubmissionError, match=r"damaged|lacks"):
            opened(clone, target.with_name("again"))
    else:
        opened(clone, target.with_name("again"))
    author_of(directory, 10)
    assert not ran.exists()
    # The traps are real: an ordinary command walks into them.
    words = ["cat-file", "-e", blob] if bare else ["status"]
    subprocess.run(["git", *words], cwd=clone, capture_output=True, check=False)
    assert ran.exists()


def test_objects_of_another_repository_are_not_read(tmp_path: Path, target: Path) -> None:
    bare, _ = make_bare(tmp_path)
    other = tmp_path / "work" / ".git" / "objects"
    (bare / "objects" / "info" / "alternates").write_text(f"{other}\n")
    with pytest.raises(SubmissionError, match="borrows"):
        opened(bare, target)


@posix
def test_objects_that_are_links_are_not_read(tmp_path: Path, target: Path) -> None:
    bare, _ = make_bare(tmp_path)
    shutil.move(bare / "objects" / "pack", tmp_path / "pack")
    (bare / "objects" / "pack").symlink_to(tmp_path / "pack")
    with pytest.raises(SubmissionError, match="links"):
        opened(bare, target)


def test_an_empty_repository_is_refused(tmp_path: Path, target: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "ada.git")
    with pytest.raises(SubmissionError, match="no commit"):
        opened(tmp_path / "ada.git", target)


def test_a_repository_damaged_anywhere_is_refused_or_gives_the_work(
    tmp_path: Path, packed: Path
) -> None:
    bare, _ = make_bare(tmp_path)
    git(bare, "gc", "-q")
    (pack,) = (bare / "objects" / "pack").glob("*.pack")
    whole = pack.read_bytes()
    pack.chmod(0o600)
    for number, place in enumerate(range(0, len(whole), len(whole) // 25)):
        data = bytearray(whole)
        data[place] ^= 0xFF
        pack.write_bytes(data)
        submission = Submission("ada", "ada.git", bare, "repository")
        try:
            result = open_submission(submission, tmp_path / f"target{number}", catalog())
        except SubmissionError:
            continue
        assert work_of(result).get("app.py", WORK) == WORK


def test_a_tree_that_holds_itself_many_times_is_refused(tmp_path: Path, target: Path) -> None:
    """A git bomb: ten folders of the same ten folders, six times: a million files."""
    bare = tmp_path / "ada.git"
    git(tmp_path, "init", "-q", "--bare", "ada.git")

    def make(kind: str, text: str) -> str:
        words = ["git", *(["mktree"] if kind == "tree" else ["hash-object", "-w", "--stdin"])]
        done = subprocess.run(
            words, cwd=bare, input=text, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    inner = make("blob", "x")
    mode = "100644 blob"
    for _ in range(6):
        inner = make("tree", "".join(f"{mode} {inner}\t{n}\n" for n in range(10)))
        mode = "040000 tree"
    commit = git(bare, "commit-tree", "-m", "bomb", inner)
    git(bare, "update-ref", "refs/heads/main", commit)
    with pytest.raises(SubmissionError, match="more than 10,000 files"):
        opened(bare, target, Limits(entries=10_000))


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://host.example/ada/katas.git", ("ada", "katas")),
        ("git@host.example:ada/katas", ("ada", "katas")),
        ("ssh://git@host.example:22/group/ada/katas.git", ("ada", "katas")),
        ("/srv/git/katas.git", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_owner_of_the_remote_is_read(url: str, owner: tuple[str, str], tmp_path: Path) -> None:
    make_clone(tmp_path / "ada")
    if url:
        git(tmp_path / "ada", "remote", "add", "upstream", "https://host.example/other/x.git")
        git(tmp_path / "ada", "remote", "add", "origin", url)
    assert remote_of(tmp_path / "ada" / ".git") == owner
