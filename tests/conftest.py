"""Fixtures: a small workspace of fixture katas, and its packed originals."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.desk import FIXTURES, Desk, make_desk

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell ignores Ctrl-C for what it starts in the background; commands under test must not.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture katas' originals, packed once."""
    from checker import pristine
    from checker.catalog import load_catalog

    data = tmp_path_factory.mktemp("data")
    archive, index = pristine.packed(FIXTURES, load_catalog(FIXTURES / "katas"))
    (data / pristine.ARCHIVE).write_bytes(archive)
    (data / pristine.INDEX).write_bytes(index)
    return data


@pytest.fixture
def desk(tmp_path: Path, packed: Path) -> Desk:
    """A fresh workspace with two katas."""
    return make_desk(tmp_path / "workspace", packed)
