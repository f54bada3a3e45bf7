"""How do you handle file uploads in FastAPI?"""

import errno
import io
import tracemalloc
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2
import pytest

from checker.suite import Client, Given, Values

MIB = 1 << 20
MAX_COVER = 4 * MIB
MAX_BODY = 6 * MIB
NETWORK_PART = 64 << 10  # the client hands the body to the app in parts of this size

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
KINDS = {"image/png": PNG, "image/jpeg": JPEG}


class File(NamedTuple):
    """One file of a form: what it says about itself, and what is in it."""

    name: str
    content: bytes
    declared: str


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store's folder, a new one for each test; `store.py` finds it in the environment."""
    place = tmp_path / "shop" / "covers"
    place.mkdir(parents=True)
    monkeypatch.setenv("BOOKSHOP_COVERS", str(place))
    return place


def picture(values: Values, media_type: str = "image/png", size: int | None = None) -> bytes:
    """What a cover contains: the signature of its type, and then anything."""
    size = values.integer(2_000, 20_000) if size is None else size
    block = values.rng.randbytes(min(size, NETWORK_PART))
    content = KINDS[media_type] + block * (size // max(len(block), 1) + 1)
    return content[:size]


def honest(values: Values, content: bytes) -> File:
    """A file that says what it is."""
    kind = "png" if content.startswith(PNG) else "jpeg"
    return File(f"{values.word()}.{kind}", content, f"image/{kind}")


def new_form(values: Values) -> dict[str, Any]:
    """The fields that come with the files."""
    return {"credit": f"© {values.name()}", "year": values.integer(1950, 2020)}


def upload(
    client: Client, values: Values, *files: File, form: dict[str, Any] | None = None
) -> httpx2.Request:
    """A whole request that sends these files as covers of some book."""
    path = f"/books/{values.integer(1, 9999)}/covers"
    covers = [("covers", file) for file in files]
    return client.build_request("POST", path, data=form or new_form(values), files=covers)


def upload_of_size(client: Client, values: Values, size: int) -> httpx2.Request:
    """A request with three covers, each small enough, whose body has exactly ``size`` bytes."""
    form = new_form(values)
    empty = [File(f"{values.word()}.png", b"", "image/png") for _ in range(3)]
    room = size - len(upload(client, values, *empty, form=form).read())
    sizes = (room // 3, room // 3, room - room // 3 * 2)
    files = [
        file._replace(content=picture(values, size=size))
        for file, size in zip(empty, sizes, strict=True)
    ]
    return upload(client, values, *files, form=form)


def without_length(client: Client, request: httpx2.Request) -> httpx2.Request:
    """The same request in chunks, which does not say how long it is."""
    kind = {"Content-Type": request.headers["content-type"]}
    return client.build_request("POST", request.url, content=iter([request.read()]), headers=kind)


def add(client: Client, values: Values, *files: File) -> list[Any]:
    """Upload covers, which later steps need, and give them as they were answered."""
    answer = client.send(upload(client, values, *files))
    check_taken_in(answer, f"A form with {len(files)} good file(s)")
    covers = answer.json()["covers"]
    assert len(covers) == len(files), (
        f"{len(files)} files were sent, and the answer has {len(covers)} covers: {covers}"
    )
    return list(covers)


def check_taken_in(answer: httpx2.Response, what: str) -> None:
    """Fail in plain words unless the covers were taken in, which later steps need."""
    assert answer.is_success, (
        f"{what} was answered with {int(answer.status_code)}; it should be taken in."
    )


def check_download(
    client: Client, cover: Any, content: bytes, what: str = "A cover"
) -> httpx2.Response:
    """Download a cover; fail in plain words unless it is still what was sent."""
    answer = client.get(f"/covers/{cover['id']}")
    assert answer.status_code == 200
    got = answer.content
    assert len(got) == len(content), (
        f"{what} of {len(content)} bytes was sent, and GET /covers/{cover['id']} answered with "
        f"{len(got)} bytes."
    )
    same = got == content
    assert same, f"{what} was sent, and GET /covers/{cover['id']} answered with other bytes."
    return answer


def files_in(folder: Path) -> set[str]:
    """Every file in a folder and below, by its way from there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def check_nothing_left(folder: Path, before: set[str], what: str) -> None:
    """Fail in plain words unless the store has the files that it had before."""
    after = files_in(folder)
    clean, whole = after <= before, before <= after
    assert clean, f"{what}, and yet it left in the store: {', '.join(sorted(after - before))}."
    assert whole, f"{what}, and {len(before - after)} file(s) of earlier covers are gone with it."


def test_a_cover_is_taken_in(client: Client, values: Values) -> None:
    """POST /books/{book_id}/covers answers 201 with the fields and with what is stored."""
    for kind in KINDS:
        content, form, book = picture(values, kind), new_form(values), values.integer(1, 9999)
        files = [("covers", honest(values, content))]
        answer = client.post(f"/books/{book}/covers", data=form, files=files)
        assert answer.status_code == 201
        got = answer.json()
        ids = [cover["id"] for cover in got["covers"]]
        covers = [{"id": one, "media_type": kind, "size": len(content)} for one in ids[:1]]
        assert covers, "One file was sent, and `covers` in the answer is empty."
        assert got == {"book_id": book, **form, "covers": covers}


def test_a_download_returns_the_same_bytes(client: Client, values: Values, folder: Path) -> None:
    """GET /covers/{cover_id} answers 200 with what was sent, and 404 when there is no cover."""
    for kind in KINDS:
        lines = picture(values, kind, 300) + b"\r\n--" + values.token().encode() + b"--\r\n\n\r"
        for content in (picture(values, kind), lines, picture(values, kind, 200_000)):
            [cover] = add(client, values, honest(values, content))
            answer = check_download(client, cover, content)
            declared = answer.headers.get("content-type", "nothing")
            assert declared == kind, f"The cover is {kind}; it came back declared as {declared}."
            kept = any((folder / name).read_bytes() == content for name in files_in(folder))
            assert kept, "The cover was taken in, and no file in the store has its bytes."
    unknown = values.integer(10**6, 10**9)
    assert client.get(f"/covers/{unknown}").status_code in (404, 422)


def test_several_covers_come_in_one_form(client: Client, values: Values) -> None:
    """POST takes several files in their order, and gives each cover an id of its own."""
    kinds = values.shuffled([*KINDS, *KINDS])
    contents = [picture(values, kind) for kind in kinds]
    contents.append(contents[0])
    files = [honest(values, content) for content in contents[:-1]]
    added = add(client, values, *files, files[0])
    sizes = [cover["size"] for cover in added]
    assert sizes == [len(content) for content in contents]
    assert [cover["media_type"] for cover in added] == [*kinds, kinds[0]]
    added += add(client, values, files[0])
    ids = [cover["id"] for cover in added]
    assert len(set(ids)) == len(ids), f"{len(ids)} covers were added; their ids are {ids}."
    for cover, content in zip(added, [*contents, contents[0]], strict=True):
        check_download(client, cover, content, "One of several covers")


def test_an_incomplete_form_is_refused(client: Client, values: Values, folder: Path) -> None:
    """POST answers 422 when a field or every file is missing, or a field is wrong."""
    path, form = f"/books/{values.integer(1, 9999)}/covers", new_form(values)
    files = [("covers", honest(values, picture(values)))]
    for field in form:
        rest = {name: value for name, value in form.items() if name != field}
        answer = client.post(path, data=rest, files=files)
        assert answer.status_code == 422
    answer = client.post(path, data={**form, "year": values.word()}, files=files)
    assert answer.status_code == 422
    answer = client.post(f"/books/{values.word()}/covers", data=form, files=files)
    assert answer.status_code == 422
    other = [(values.word(), files[0][1])]
    answer = client.post(path, data=form, files=other)
    assert answer.status_code == 422
    check_nothing_left(folder, set(), "An incomplete form was refused")


def test_the_content_tells_the_type(client: Client, values: Values) -> None:
    """A file's type is read from its first bytes, whatever its name and declared type say."""
    for kind, name, declared in (
        ("image/png", "cover.jpg", "image/jpeg"),
        ("image/jpeg", "cover.png", "image/png"),
        ("image/png", "notes.txt", "text/plain"),
        ("image/jpeg", values.word(), "application/octet-stream"),
    ):
        content = picture(values, kind)
        [cover] = add(client, values, File(name, content, declared))
        assert cover["media_type"] == kind, (
            f"A file begins as {kind} does. It is called {name} and declared as {declared}, and "
            f"the answer says {cover['media_type']}."
        )
        answer = check_download(client, cover, content)
        got = answer.headers.get("content-type", "nothing")
        assert got == kind, f"The cover is {kind}; it came back declared as {got}."
    for kind, signature in (("image/png", PNG), ("image/jpeg", JPEG[:3])):
        [cover] = add(client, values, File("cover", signature, "text/plain"))
        assert cover["media_type"] == kind, "A file may end right after its first bytes."


def test_what_is_no_picture_is_refused(client: Client, values: Values, folder: Path) -> None:
    """POST answers 415 for a file that is neither PNG nor JPEG, however well it is dressed."""
    rest = values.rng.randbytes(500)
    for what, content in (
        ("a web page", f"<html><script>{values.word()}</script></html>".encode()),
        ("a GIF", b"GIF89a" + rest),
        ("a PNG that begins with a space", b" " + PNG + rest),
        ("a JPEG that begins with a space", b" " + JPEG + rest),
        ("a PNG that was damaged as a text is", PNG.replace(b"\r\n", b"\n") + rest),
        ("a PNG cut off in its first bytes", PNG[:7]),
        ("a file with two of the three bytes of a JPEG", JPEG[:2] + b"\x00" + rest),
        ("an empty file", b""),
    ):
        for kind in ("png", "jpeg"):
            file = File(f"cover.{kind}", content, f"image/{kind}")
            answer = client.send(upload(client, values, file))
            assert answer.status_code == 415, (
                f"The file is {what}, called {file.name} and declared as {file.declared}."
            )
    check_nothing_left(folder, set(), "A file that is no picture was refused")


def test_a_cover_has_4_mib_at_most(client: Client, values: Values, folder: Path) -> None:
    """POST takes a cover of exactly 4 MiB, and answers 413 when it is one byte longer."""
    largest = picture(values, values.choice([*KINDS]), MAX_COVER)
    answer = client.send(upload(client, values, honest(values, largest)))
    check_taken_in(answer, "A cover of exactly 4 MiB")
    before = files_in(folder)
    answer = client.send(upload(client, values, honest(values, largest + b"+")))
    assert answer.status_code == 413
    check_nothing_left(folder, before, "A cover that is too large was refused")


def test_a_large_cover_is_never_in_memory_as_a_whole(client: Client, values: Values) -> None:
    """Taking in a cover of 4 MiB makes the app's memory grow by 3 MiB at most."""
    add(client, values, honest(values, picture(values)))
    large = picture(values, size=MAX_COVER - values.integer(1, 1000))
    request = upload(client, values, honest(values, large))
    request.read()
    tracemalloc.start()
    try:
        answer = client.send(request)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    check_taken_in(answer, "A large cover")
    assert peak <= 3 * MIB, (
        f"A cover of nearly 4 MiB was taken in, and the app's memory grew by {peak / MIB:.1f} MiB "
        "meanwhile: it held the whole cover at once. Read and write it in parts."
    )


def test_a_body_has_6_mib_at_most(client: Client, values: Values, folder: Path) -> None:
    """POST takes a body of exactly 6 MiB, and stops reading one that is larger."""
    answer = client.send(upload_of_size(client, values, MAX_BODY))
    check_taken_in(answer, "A body of exactly 6 MiB")
    before = files_in(folder)
    for size in (MAX_BODY + 1, MAX_BODY + 3 * MIB):
        answer = client.send(upload_of_size(client, values, size))
        assert answer.status_code == 413
        check_stopped(answer, size)
    check_nothing_left(folder, before, "A body that is too large was refused")


def test_the_limit_needs_no_declared_length(client: Client, values: Values, folder: Path) -> None:
    """The limit of 6 MiB also holds for a request that does not say how long it is."""
    small = without_length(client, upload_of_size(client, values, 30_000))
    answer = client.send(small)
    check_taken_in(answer, "A small body that does not say how long it is")
    before = files_in(folder)
    for size in (MAX_BODY + 1, MAX_BODY + 3 * MIB):
        answer = client.send(without_length(client, upload_of_size(client, values, size)))
        assert answer.status_code == 413, (
            f"A body of {size} bytes came without a Content-Length, so that only counting "
            "tells how long it is."
        )
        check_stopped(answer, size)
    check_nothing_left(folder, before, "A body that is too large was refused")


def check_stopped(answer: Any, size: int) -> None:
    """Fail in plain words unless the app stopped reading where the limit was crossed."""
    assert answer.consumed <= MAX_BODY + NETWORK_PART, (
        f"The body had {size} bytes, and the app read {answer.consumed} of them before it "
        f"answered 413. It knew after {MAX_BODY} that the body is too large."
    )


def test_a_file_name_decides_nothing(
    client: Client, values: Values, folder: Path, tmp_path: Path
) -> None:
    """However odd a file name is, the cover is taken in, and stays inside the store."""
    first = picture(values)
    [earlier] = add(client, values, honest(values, first))
    outside = {name for name in files_in(tmp_path) if not name.startswith("shop/covers/")}
    word = values.word()
    for name in (
        f"../{word}.png",
        f"....//{word}.png",
        str(tmp_path / f"{word}.png"),
        f"{word}/{word}.png",
        f"..\\{word}.png",
        "..",
        ".",
        f"{word * 50}.png",
        f"обложка {word}?*.png",
        next(iter(files_in(folder)), "cover.png"),
        f"{word}.png",
        f"{word}.png",
    ):
        content = picture(values)
        answer = client.send(upload(client, values, File(name, content, "image/png")))
        written = {file for file in files_in(tmp_path) if not file.startswith("shop/covers/")}
        assert written == outside, (
            f"A file named {name!r} was sent, and the app wrote outside the store's folder."
        )
        check_taken_in(answer, f"A good PNG named {name!r}")
        check_download(client, answer.json()["covers"][0], content, f"A PNG named {name!r}")
        check_download(client, earlier, first, f"Before the one named {name!r}, a PNG")


def test_a_download_stays_inside_the_store(client: Client, values: Values, folder: Path) -> None:
    """GET /covers/{cover_id} answers 404 for an id that is a way to another file."""
    content = picture(values)
    [cover] = add(client, values, honest(values, content))
    check_download(client, cover, content)
    secret = folder.parent / f"{values.word()}.png"
    secret.write_bytes(picture(values))
    for way in (f"../{secret.name}", f"../covers/../{secret.name}", f"{secret}", "..", "."):
        path = f"/covers/{quote(way, safe='').replace('.', '%2E')}"
        answer = client.get(path)
        assert answer.status_code in (404, 422), f"This asks for {way!r}, which is no cover."


def test_a_refused_form_leaves_no_file(client: Client, values: Values, folder: Path) -> None:
    """When one file of several is refused, none of them is kept, and earlier covers are."""
    contents = [picture(values, kind) for kind in KINDS]
    earlier = add(client, values, *(honest(values, content) for content in contents))
    before = files_in(folder)
    good = [honest(values, picture(values, kind)) for kind in KINDS]
    wrong = File("cover.png", values.title().encode(), "image/png")
    large = honest(values, picture(values, size=MAX_COVER + 1))
    for what, refused, status in (("no picture", wrong, 415), ("too large", large, 413)):
        answer = client.send(upload(client, values, *good, refused))
        assert answer.status_code == status
        check_nothing_left(folder, before, f"The last of three files is {what}")
    for cover, content in zip(earlier, contents, strict=True):
        check_download(client, cover, content, "An earlier cover")


def test_a_failing_store_leaves_no_file(
    client: Client, values: Values, folder: Path, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full in the middle of a form, the answer is 5xx and no file is kept."""
    [earlier] = add(client, values, honest(values, first := picture(values)))
    before = files_in(folder)
    for what, opens in (("opened", False), ("written", True)):
        disk = FullDisk(opens=opens)
        monkeypatch.setattr(given("store"), "open_new", disk.open_new)
        files = [honest(values, picture(values)) for _ in range(3)]
        answer = client.send(upload(client, values, *files))
        assert disk.opened == 3, (
            f"Three covers were sent, and `store.create` was called {disk.opened} times."
        )
        assert answer.status_code >= 500, (
            f"The third of three files could not be {what}; expected 500, or another 5xx."
        )
        check_nothing_left(folder, before, f"The third of three files could not be {what}")
    check_download(client, earlier, first, "An earlier cover")


class FullDisk:
    """A disk with room for two files: the third cannot be written, or not even be opened."""

    def __init__(self, *, opens: bool) -> None:
        self.opens = opens
        self.opened = 0

    def open_new(self, path: Path) -> Any:
        """Open a file, as `store.open_new` does."""
        self.opened += 1
        if self.opened < 3:
            return path.open("xb")
        if not self.opens:
            raise OSError(errno.ENOSPC, "No space left on device")
        return FullFile(path, "xb")


class FullFile(io.FileIO):
    """A file that takes a little, and then finds the disk full."""

    def write(self, part: Any, /) -> int:
        """Write the beginning, and fail."""
        super().write(bytes(part)[:100])
        raise OSError(errno.ENOSPC, "No space left on device")
