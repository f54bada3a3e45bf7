"""Archives that strangers made: opened when they are honest, harmless when they are not."""

from __future__ import annotations

import io
import os
import random
import stat
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from checker.errors import SubmissionError
from checker.grade.limits import Limits
from checker.grade.opening import open_submission
from checker.grade.submissions import Submission
from tests.classroom import (
    HELLO,
    KATA,
    WORK,
    catalog,
    everything,
    honest,
    make_tar,
    make_zip,
    member,
    opened,
    work_of,
)

FORMS = {"work.zip": "zip", "work.tar": "w", "work.tgz": "w:gz", "work.tar.gz": "w:gz",
         "work.tar.bz2": "w:bz2", "work.tar.xz": "w:xz"}  # fmt: skip


@pytest.fixture(autouse=True)
def _data(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KATA_DATA", str(packed))


def make(path: Path, files: dict[str, bytes]) -> Path:
    mode = FORMS[path.name]
    return make_zip(path, files) if mode == "zip" else make_tar(path, files, mode=mode)


def refused(path: Path, tmp_path: Path, limits: Limits | None = None) -> SubmissionError:
    """The error; nothing of the archive may have been written."""
    with pytest.raises(SubmissionError) as caught:
        opened(path, tmp_path / "target", limits)
    assert caught.value.message
    return caught.value


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("prefix", ["", "./", "katas-main/", "outer/katas-main/"])
def test_the_work_is_found_in_every_form_up_to_two_folders_deep(
    name: str, prefix: str, tmp_path: Path
) -> None:
    path = make(tmp_path / name, honest(prefix))
    result = opened(path, tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert result.katas[HELLO].remarks == result.remarks == ()
    assert everything(tmp_path / "target") == {f"{KATA}/app.py"}, "the suite is not copied"


@pytest.mark.parametrize("name", FORMS)
def test_three_folders_deep_is_too_deep(name: str, tmp_path: Path) -> None:
    path = make(tmp_path / name, honest("a/b/c/"))
    assert "none of the katas" in refused(path, tmp_path).message


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(
    ("evil", "why"),
    [
        ("../../evil.py", "leads out"),
        (f"{KATA}/../../../evil.py", "leads out"),
        ("/tmp/evil.py", "absolute"),
        ("C:/evil.py", "drive letter"),
        (f"{KATA}\\evil.py", "backslash"),
    ],
)
def test_a_path_that_leads_outside_is_left_out_and_told(
    name: str, evil: str, why: str, tmp_path: Path
) -> None:
    path = make(tmp_path / name, {evil: b"evil", **honest()})
    result = opened(path, tmp_path / "a" / "target")
    assert work_of(result) == {"app.py": WORK}
    assert [why in remark for remark in result.remarks] == [True]
    assert everything(tmp_path) == {name, f"a/target/{KATA}/app.py"}


def test_an_archive_whose_paths_are_all_absolute_says_why_it_is_refused(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "work.tgz", honest("/home/ada/"))
    error = refused(path, tmp_path)
    assert "absolute path" in error.message
    assert "katas" in error.advice


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a symbolic link"),
        (tarfile.LNKTYPE, "a hard link"),
        (tarfile.FIFOTYPE, "a pipe"),
        (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"),
    ],
)
def test_what_is_no_regular_file_in_a_tar_is_never_followed(
    kind: bytes, words: str, tmp_path: Path
) -> None:
    odd = member(f"{KATA}/secret.py", kind, "/etc/passwd")
    result = opened(make_tar(tmp_path / "work.tgz", honest(), odd), tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert result.katas[HELLO].remarks == (f"secret.py is {words}; it was left out.",)


def test_an_app_that_is_a_link_leaves_the_kata_without_files(tmp_path: Path) -> None:
    files = {name: data for name, data in honest().items() if not name.endswith("/app.py")}
    odd = member(f"{KATA}/app.py", tarfile.SYMTYPE, "../02_count/app.py")
    result = opened(make_tar(tmp_path / "work.tgz", files, odd), tmp_path / "target")
    assert result.katas[HELLO].files == {}
    assert result.katas[HELLO].missing == ("app.py",)
    assert "symbolic link" in result.katas[HELLO].remarks[0]


def test_a_kata_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    odd = member("katas/beginner/02_count", tarfile.SYMTYPE, "/etc")
    result = opened(make_tar(tmp_path / "work.tgz", honest(), odd), tmp_path / "target")
    assert result.remarks == ("katas/beginner/02_count is a symbolic link: not followed.",)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_what_is_no_regular_file_in_a_zip_is_never_followed(mode: int, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "work.zip", honest())
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo(f"{KATA}/secret.py")
        info.create_system, info.external_attr = 3, (mode | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    result = opened(path, tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert "secret.py is a" in result.katas[HELLO].remarks[0]


@pytest.mark.parametrize("name", FORMS)
def test_a_file_that_is_there_twice_is_not_guessed_at(name: str, tmp_path: Path) -> None:
    files = honest()
    twice = {f"./{KATA}/app.py": b"app = 'other'\n"}
    result = opened(make(tmp_path / name, {**files, **twice}), tmp_path / "target")
    assert result.katas[HELLO].files == {}
    assert result.katas[HELLO].remarks == ("app.py is there twice; it was left out.",)


@pytest.mark.parametrize("name", FORMS)
def test_names_that_collide_on_some_systems_are_left_out(name: str, tmp_path: Path) -> None:
    odd = [f"{KATA}/APP.PY", f"{KATA}/app.py/x.py", f"{KATA}/Shop/a.py", f"{KATA}/shop/b.py"]
    files = {**honest(), **dict.fromkeys(odd, b"odd = 1\n")}
    result = opened(make(tmp_path / name, files), tmp_path / "target")
    assert work_of(result) == {"app.py": WORK, "Shop/a.py": b"odd = 1\n"}
    assert len(result.katas[HELLO].remarks) == 3


def test_names_that_windows_reads_otherwise_are_left_out(tmp_path: Path) -> None:
    odd = ("app.py:hidden", "app.py.", "nul.py", "APP~1.PY", "a\u202epy.txt", "a\tb.py")
    files = {**honest(), **{f"{KATA}/{name}": b"1" for name in odd}}
    result = opened(make_zip(tmp_path / "work.zip", files), tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert len(result.katas[HELLO].remarks) == len(odd)
    assert all(remark.isprintable() for remark in result.katas[HELLO].remarks)


def test_a_name_that_is_not_utf_8_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "work.tar"
    with tarfile.open(path, "w", encoding="latin-1", format=tarfile.GNU_FORMAT) as archive:
        for name, data in {**honest(), f"{KATA}/caf\xe9.py": b"1"}.items():
            info = member(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    result = opened(path, tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert "not valid UTF-8" in result.remarks[0]


def test_a_name_with_a_zero_byte_does_not_pass_for_a_shorter_one(tmp_path: Path) -> None:
    files = {name: data for name, data in honest().items() if not name.endswith("/app.py")}
    path = make_zip(tmp_path / "work.zip", {**files, f"{KATA}/app.py_x": b"evil"})
    path.write_bytes(path.read_bytes().replace(b"/app.py_x", b"/app.py\0x"))
    result = opened(path, tmp_path / "target")
    assert result.katas[HELLO].files == {}
    assert "zero byte" in result.remarks[0]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_attributes_are_read(form: int, tmp_path: Path) -> None:
    inner = "/".join(["part" * 6] * 5) + "/deep.py"
    path = tmp_path / "work.tar"
    with tarfile.open(path, "w", format=form) as archive:
        for name, data in {**honest(), f"{KATA}/{inner}": b"deep = 1\n"}.items():
            info = member(name)
            info.size = len(data)
            info.pax_headers = {"SCHILY.xattr.user.note": "é" * 100}
            archive.addfile(info, io.BytesIO(data))
    result = opened(path, tmp_path / "target")
    assert work_of(result) == {"app.py": WORK, inner: b"deep = 1\n"}


def test_a_path_that_is_too_long_or_too_deep_is_left_out(tmp_path: Path) -> None:
    long, deep = "x" * 200 + "/" + "y" * 210 + ".py", "/".join("a" * 20) + ".py"
    files = {**honest(), f"{KATA}/{long}": b"1", f"{KATA}/{deep}": b"1"}
    result = opened(make_tar(tmp_path / "work.tgz", files), tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert [r.endswith("has too long a path; it was left out.") for r in
            result.katas[HELLO].remarks] == [True, True]  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_file_larger_than_the_limit_is_left_out(name: str, tmp_path: Path) -> None:
    files = {**honest(), f"{KATA}/data.py": b"#" * 1_000_001, f"{KATA}/most.py": b"#" * 1_000_000}
    result = opened(make(tmp_path / name, files), tmp_path / "target")
    assert set(work_of(result)) == {"app.py", "most.py"}
    assert result.katas[HELLO].remarks == ("data.py is larger than 1 MB; it was left out.",)


@pytest.mark.parametrize("name", FORMS)
def test_more_bytes_in_all_than_the_limit_are_refused(name: str, tmp_path: Path) -> None:
    files = {**honest(), **{f"{KATA}/m{n}.py": b"#" * 90_000 for n in range(30)}}
    path = make(tmp_path / name, files)
    error = refused(path, tmp_path, Limits(total_bytes=2_000_000))
    assert error.message == "Its katas hold more than 2 MB."


@pytest.mark.parametrize("name", FORMS)
def test_more_entries_than_the_limit_are_refused(name: str, tmp_path: Path) -> None:
    path = make(tmp_path / name, {**honest(), **{f"other/{n}": b"" for n in range(200)}})
    assert "more than 100 files" in refused(path, tmp_path, Limits(entries=100)).message


def test_a_directory_that_is_too_large_to_be_read_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "work.zip", {str(n).zfill(200): b"" for n in range(3000)})
    error = refused(path, tmp_path, Limits(entries=10))
    assert error.message == "The archive's directory is too large."


@pytest.mark.parametrize("name", ["work.tgz", "work.tar.bz2", "work.tar.xz"])
def test_a_bomb_stops_where_it_is_one(name: str, tmp_path: Path) -> None:
    """Its size is not what the headers say, but what came out of it so far."""
    path = make(tmp_path / name, {"zeros": bytes(60_000_000), **honest()})
    assert path.stat().st_size < 100_000
    message = refused(path, tmp_path).message
    assert "bomb" in message
    limits = Limits(unpacked_bytes=20_000_000, ratio_from=10**12)
    assert "bomb" in refused(path, tmp_path, limits).message


def test_a_bomb_in_a_zip_is_read_no_further_than_a_file_may_be_long(tmp_path: Path) -> None:
    files = {**honest(), f"{KATA}/zeros.py": bytes(100_000_000), "zeros": bytes(50_000_000)}
    path = make_zip(tmp_path / "work.zip", files)
    result = opened(path, tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert "zeros.py is larger than 1 MB" in result.katas[HELLO].remarks[0]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in other units there")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    """Peaks of a whole process, opening a bomb of each form, beside an honest archive."""
    code = (
        "import resource, sys; from pathlib import Path; from tests.classroom import opened\n"
        "try: opened(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except Exception as error: assert 'Submission' in type(error).__name__, error\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    zeros = {f"{KATA}/app.py": bytes(120_000_000)}
    paths = [make(tmp_path / name, zeros) for name in ("work.zip", "work.tgz", "work.tar.xz")]
    # A pax header that claims, and is, 100 MB of one attribute.
    pax = tmp_path / "pax.tgz"
    with tarfile.open(pax, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = member("x")
        info.pax_headers = {"comment": "a" * 100_000_000}
        archive.addfile(info)
    paths.append(pax)
    first = make(tmp_path / "work.tar", honest())
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-c", code, path, tmp_path / f"target{number}"],
                cwd=Path(__file__).parents[1],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for number, path in enumerate([first, *paths])
    ]
    assert max(peaks) < peaks[0] + 40, peaks


def test_headers_that_are_far_too_large_are_refused(tmp_path: Path) -> None:
    for number, form in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        path = tmp_path / f"{number}.tar"
        with tarfile.open(path, "w", format=form) as archive:
            archive.addfile(member("x" * 1_000_000))
        assert "header that is far too large" in refused(path, tmp_path).message


def test_a_chain_of_headers_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "work.tar"
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    block = info.tobuf(tarfile.USTAR_FORMAT)
    path.write_bytes(block * 5000 + bytes(1024))
    assert refused(path, tmp_path).message.startswith("The archive")


def test_a_sparse_file_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "work.tar"
    with path.open("wb") as file:
        info = member(f"{KATA}/sparse.py", tarfile.GNUTYPE_SPARSE)
        block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
        block[386:398] = b"00000000000\0"  # where the first piece lies
        block[398:410] = b"00000000000\0"
        block[483:495] = b"77777777777\0"  # 8 GB
        block[148:156] = b"        "
        block[148:156] = f"{sum(block):06o}\0 ".encode()
        file.write(block)
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            for name, data in honest().items():
                info = member(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        file.write(plain.getvalue())
    result = opened(path, tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert result.katas[HELLO].remarks == ("sparse.py is a sparse file; it was left out.",)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "work.zip", honest())
    data = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(sign)
        while start >= 0:
            data[start + place] |= 1
            start = data.find(sign, start + 4)
    path.write_bytes(data)
    assert refused(path, tmp_path).message == "The archive is encrypted."


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_not_read(method: int, tmp_path: Path) -> None:
    path = tmp_path / "work.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(f"{KATA}/app.py", bytes(30_000_000))
    result = opened(path, tmp_path / "target")
    assert result.katas[HELLO].files == {}
    assert "packed by a method" in result.katas[HELLO].remarks[0]


@pytest.mark.parametrize("claim", [0, 3, len(WORK) - 1, len(WORK) + 1, 900_000, 0xFFFFFFF0])
def test_a_zip_that_lies_about_sizes_is_damaged(claim: int, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "work.zip", {f"{KATA}/app.py": WORK})
    data = bytearray(path.read_bytes())
    for sign, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.find(sign) + place, claim)
    path.write_bytes(data)
    assert "damaged" in refused(path, tmp_path).message


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    """As in a bomb whose thousand entries share one body."""
    body = zlib.compress(bytes(900_000), 9)[2:-4]
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, zlib.crc32(bytes(900_000)),
                        len(body), 900_000, len(f"{KATA}/m0.py"), 0)  # fmt: skip
    directory = b""
    for number in range(9):
        name = f"{KATA}/m{number}.py".encode()
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0,
                                 zlib.crc32(bytes(900_000)), len(body), 900_000, len(name),
                                 0, 0, 0, 0, 0, 0) + name  # fmt: skip
    start = local + f"{KATA}/m0.py".encode() + body
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 9, 9, len(directory), len(start), 0)
    path = tmp_path / "work.zip"
    path.write_bytes(start + directory + end)
    assert "overlap" in refused(path, tmp_path).message


def test_an_archive_of_archives_says_to_unpack_it(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "class.zip", {"Ada_1_assignsubmission_file/work.zip": b"PK"})
    error = refused(path, tmp_path)
    assert "holds archives" in error.message
    assert "Unpack" in error.advice


def test_two_workspaces_in_one_archive_are_not_guessed_at(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "work.zip", {**honest("ada/"), **honest("bob/")})
    assert "2 workspaces" in refused(path, tmp_path).message
    deeper = make_zip(tmp_path / "more.zip", {**honest("ada/"), **honest("ada/old/")})
    assert work_of(opened(deeper, tmp_path / "more")) == {"app.py": WORK}, "the upper one counts"


def test_what_a_mac_puts_into_a_zip_is_passed_over(tmp_path: Path) -> None:
    mac = {f"__MACOSX/{KATA}/._app.py": b"mac", f"{KATA}/.DS_Store": b"mac", ".DS_Store": b"mac"}
    result = opened(make_zip(tmp_path / "work.zip", {**mac, **honest()}), tmp_path / "target")
    assert work_of(result) == {"app.py": WORK}
    assert result.remarks == result.katas[HELLO].remarks == ()


def test_the_form_is_seen_in_the_bytes_not_in_the_name(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "work.zip", honest())
    assert work_of(opened(path, tmp_path / "target")) == {"app.py": WORK}


def test_the_commit_is_taken_from_what_github_packs(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "work.zip", honest())
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"a" * 40
    assert opened(path, tmp_path / "one").commit == "a" * 40
    with tarfile.open(
        tmp_path / "work.tgz", "w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "b" * 40}
    ) as tar:
        for name, data in honest().items():
            info = member(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert opened(tmp_path / "work.tgz", tmp_path / "two").commit == "b" * 40


@pytest.mark.parametrize("name", FORMS)
def test_an_archive_that_ends_too_early_is_refused_wherever_it_ends(
    name: str, tmp_path: Path
) -> None:
    whole = make(tmp_path / name, honest()).read_bytes()
    # Whatever comes after the block of zeros that ends a tar is padding.
    needed = len(whole.rstrip(b"\0")) if name == "work.tar" else len(whole)
    path = tmp_path / f"cut-{name}"
    for number, size in enumerate(range(600, needed, max(1, needed // 40))):
        path.write_bytes(whole[:size])
        with pytest.raises(SubmissionError):
            opened(path, tmp_path / f"target{number}")


@pytest.mark.parametrize("name", FORMS)
def test_a_damaged_archive_is_refused_or_gives_what_was_packed(name: str, tmp_path: Path) -> None:
    """A bare tar has no checksum of contents; every other form never gives wrong bytes."""
    whole = make(tmp_path / name, honest()).read_bytes()
    path = tmp_path / f"damaged-{name}"
    errors = 0
    for number, place in enumerate(range(0, len(whole), max(1, len(whole) // 100))):
        data = bytearray(whole)
        data[place] ^= 0xFF
        path.write_bytes(data)
        errors += _survives(path, tmp_path / f"target{number}", exact=name != "work.tar")
    assert errors > 3


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_random_damage_never_gives_another_error(name: str, seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    whole = make(tmp_path / name, honest()).read_bytes()
    path = tmp_path / f"random-{name}"
    for number in range(40):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            place = dice.randrange(len(data))
            match dice.randrange(4):
                case 0:
                    data[place] = dice.randrange(256)
                case 1:
                    data[place : place + dice.randrange(40)] = b""
                case 2:
                    data[place:place] = dice.randbytes(dice.randrange(40))
                case 3:
                    data[place : place + 8] = b"\xff" * 8
        path.write_bytes(data)
        _survives(path, tmp_path / f"target{number}", exact=False)
    assert not (tmp_path.parent / "evil.py").exists()


def _survives(path: Path, target: Path, exact: bool) -> int:
    """Whether opening gave an error; nothing but files of the katas may be there."""
    submission = Submission("ada", path.name, path, "archive")
    try:
        result = open_submission(submission, target, catalog())
    except SubmissionError:
        return 1
    if exact and "app.py" in work_of(result):
        assert work_of(result)["app.py"] == WORK
    assert all(name.startswith("katas/beginner/") for name in everything(target))
    return 0


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
def test_an_archive_that_is_a_link_or_a_pipe_is_not_opened(tmp_path: Path) -> None:
    make_zip(tmp_path / "work.zip", honest())
    (tmp_path / "link.zip").symlink_to("work.zip")
    os.mkfifo(tmp_path / "pipe.zip")
    for name in ("link.zip", "pipe.zip"):
        with pytest.raises(SubmissionError, match="no regular file"):
            open_submission(
                Submission("x", name, tmp_path / name, "archive"), tmp_path / "t", catalog()
            )
