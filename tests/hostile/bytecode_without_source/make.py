"""Bytecode cannot be kept in Git, and fits one Python only."""

import importlib.util
import marshal
from pathlib import Path

PAYLOAD = """
import gc
import types

from fastapi import FastAPI

app = FastAPI()
for found in gc.get_objects():
    if isinstance(found, types.FunctionType) and found.__name__.startswith("test_"):
        code = found.__code__
        if code.co_filename.endswith("test_app.py"):
            names = ", ".join(code.co_varnames[: code.co_argcount])
            found.__code__ = eval(f"lambda {names}: None").__code__
"""
SUITE = """
def test_the_shop_opens_with_no_books(client):
    pass
"""


def header(source: Path, checked: bool) -> bytes:
    """A header that is valid: by the time and size of the source, or never to be checked."""
    if not checked:
        return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    state = source.stat()
    times = (int(state.st_mtime) & 0xFFFFFFFF, state.st_size & 0xFFFFFFFF)
    return importlib.util.MAGIC_NUMBER + bytes(4) + b"".join(n.to_bytes(4, "little") for n in times)


def make(workspace: Path) -> None:
    import pytest

    kata = workspace / "katas/beginner/03_read_and_add_books"
    cache = kata / "__pycache__"
    cache.mkdir(exist_ok=True)
    for name, text in (("app", PAYLOAD), ("test_app", SUITE)):
        source = kata / f"{name}.py"
        code = marshal.dumps(compile(text, str(source), "exec"))
        plain = Path(importlib.util.cache_from_source(str(source)))
        plain.write_bytes(header(source, checked=True) + code)
        (kata / f"{name}.pyc").write_bytes(header(source, checked=False) + code)
        rewritten = f"{plain.stem}-pytest-{pytest.__version__}.pyc"
        plain.with_name(rewritten).write_bytes(header(source, checked=True) + code)
    (kata / "app.py").unlink(missing_ok=True)
