"""A kata.toml that breaks the format is refused with file, key and line."""

from __future__ import annotations

import pytest

from checker.errors import KataFileError
from checker.katafile import Link, parse_kata_file

GOOD = """\
title = "Say hello"
question = "How?"
concepts = ["one", "two"]
minutes = 5
edit = ["app.py", "shop/"]
given = ["words.py"]
services = ["postgres"]
hints = [
    "a",
    "bb",
    "ccc",
]

[[links]]
title = "First steps"
url = "https://fastapi.tiangolo.com/"
"""


def test_a_good_file_is_read_whole() -> None:
    kata = parse_kata_file(GOOD, "kata.toml")
    assert kata.title == "Say hello"
    assert kata.edit == ("app.py", "shop/")
    assert kata.services == ("postgres",)
    assert kata.links == (Link("First steps", "https://fastapi.tiangolo.com/"),)
    assert kata.test_seconds == 5.0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minutes = 5", "minuets = 5", "kata.toml:4: minuets: unknown key"),
        ("minutes = 5", "", "kata.toml: minutes: is missing"),
        ("minutes = 5", "minutes = 0", "kata.toml:4: minutes: must be a whole number from 1"),
        ("minutes = 5", "minutes = true", "kata.toml:4: minutes: must be a whole number"),
        ("minutes = 5", "minutes = '5'", "kata.toml:4: minutes: must be a whole number"),
        ('title = "Say hello"', 'title = " "', "kata.toml:1: title: must be a text"),
        ('"ccc",\n', "", "kata.toml:8: hints: must hold exactly 3, and holds 2"),
        ('"ccc"', '"bb"', "kata.toml:10: hints: 'bb' stands there twice"),
        ('"postgres"', '"oracle"', "kata.toml:7: services: 'oracle' is none of postgres, redis"),
        (
            '"app.py", "shop/"',
            '"../app.py"',
            "kata.toml:5: edit: '../app.py' must be a path inside",
        ),
        ('"words.py"', '"app.py"', "kata.toml:6: given: 'app.py' is also in `edit`"),
        ("https://", "http://", "kata.toml:16: links: 'http://fastapi.tiangolo.com/' must begin"),
        ('title = "First steps"\n', "", "kata.toml:14: links: each must have `title` and `url`"),
        ('"How?"', "How?", "kata.toml:2: "),
    ],
)
def test_a_bad_file_names_key_and_line(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(KataFileError) as caught:
        parse_kata_file(GOOD.replace(old, new, 1), "kata.toml")
    assert str(caught.value).startswith(said)
