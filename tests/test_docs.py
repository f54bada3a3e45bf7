"""The documents: their examples run, their commands exist, and every command's help is whole."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.cli import COMMANDS, parser_of
from tests.desk import ROOT
from tests.documents import DOCUMENTS, Machine, agrees, examples_of

NOT_RUN = {
    "git clone": "needs the network",
    "python3 start.py": "installs; CI runs it",
    "python3 -m venv": "installs",
    "pip install": "installs",
    "docker compose": "needs an engine",
    "checker grade ~/class": "needs a class; tests/test_grading.py grades one",
    "dask": "needs other machines",
    "echo": "is for the one below it",
    "/tmp/pyright/bin/basedpyright": "needs Node.js",
}
"""The examples that are not run, by how they begin, with the reason."""


def _is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_examples_of_a_document_print_what_it_shows(document: str, tmp_path: Path) -> None:
    examples = [one for one in examples_of(document) if _is_run(one.command)]
    if not examples:
        pytest.skip("it has no example that can be run")
    machine = Machine(tmp_path)
    for example in examples:
        code, printed = machine.run(example)
        text = "\n".join(printed)
        assert code in (0, 1), f"{example.place}: {example.command}\n{text}"
        assert "Traceback" not in text, example.place
        if example.shown:
            assert agrees(example.shown, printed), (
                f"{example.place}: `{example.command}` prints something else now:\n{text}"
            )


def test_every_reason_not_to_run_an_example_is_needed() -> None:
    commands = [one.command for document in DOCUMENTS for one in examples_of(document)]
    for beginning in NOT_RUN:
        assert any(command.startswith(beginning) for command in commands), beginning


def test_dots_stand_for_any_lines_and_nothing_else_does() -> None:
    printed = ["one", "two 0.25 s", "three", "", "four"]
    for shown in ("one|two 9 s|three||four", "one|…", "…|four", "one|…|four", "…|two 7 s|…"):
        assert agrees(shown.split("|"), printed), shown
    for shown in ("one", "…|three", "two 0.25 s|…", "one|…|five"):
        assert not agrees(shown.split("|"), printed), shown


def arguments_of(command: str) -> list[argparse.Action]:
    return parser_of(command)._actions


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_and_its_help_is_whole(command: str) -> None:
    text = "".join((ROOT / document).read_text("utf-8") for document in DOCUMENTS)
    row = rf"^\|.*`checker {command}\b.*`.* \|$"
    assert re.search(row, text, re.MULTILINE), "it stands in no table of commands"
    parser = parser_of(command)
    assert parser.description
    assert parser.description.strip().endswith(".")
    for argument in arguments_of(command):
        assert argument.help, f"checker {command}: {argument.dest} has no help"
    assert all(len(line) <= 80 for line in parser.format_help().splitlines())


def named_commands() -> Iterator[tuple[str, str]]:
    """Each command line that a document or a message of the checker names, with its place."""
    sources = [ROOT / document for document in DOCUMENTS]
    sources += [*(ROOT / "katas").rglob("README.md"), *(ROOT / "checker").rglob("*.py")]
    sources += [ROOT / "solutions" / "README.md", ROOT / "start.py", ROOT / "CHANGELOG.md"]
    for path in sources:
        text = path.read_text("utf-8")
        for found in re.finditer(r"`checker ([^`\n{]+)[`{]", text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{path.relative_to(ROOT).as_posix()}:{line}", found[1]


def test_every_command_that_a_text_names_exists_with_its_options() -> None:
    seen = 0
    for place, words in named_commands():
        command, *rest = shlex.split(words.replace("…", "").replace("|", " "))
        if command in ("COMMAND", "--help", "--version"):
            continue
        if command.startswith("-"):  # as `checker --json`
            command, rest = "status", [command]
        assert command in COMMANDS, f"{place}: there is no command `checker {command}`"
        options = {name for one in arguments_of(command) for name in one.option_strings}
        for word in rest:
            if word.startswith("-"):
                assert word in options, f"{place}: `checker {command}` has no {word}"
        seen += 1
    assert seen > 50


def links() -> Iterator[tuple[Path, str]]:
    for document in (*DOCUMENTS, "CHANGELOG.md", "solutions/README.md"):
        path = ROOT / document
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
            yield path, target


def test_links_between_documents_lead_somewhere() -> None:
    seen = 0
    for path, target in links():
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), f"{path.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text("utf-8"), re.MULTILINE)
            anchors = [re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings]
            assert anchor in anchors, f"{path.name}: {target}"
        seen += 1
    assert seen > 10


def test_the_front_page_is_short_and_names_how_to_begin_and_to_test() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 120
    for needed in ("python3 start.py\n", "python3 start.py test", "docs/learners.md"):
        assert needed in text
