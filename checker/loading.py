"""Execute a learner's app afresh, so that no state lives longer than one test."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from checker.audit import EXECUTED
from checker.harness.exchanges import Place, place_in_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "kata"


class Broken(Exception):  # noqa: N818 - it is the name of the verdict
    """The learner's code cannot be used: a syntax or import error, or no ``app``.

    Attributes:
        message: what is wrong, in words for the learner.
        advice: what to try; may be "".
        place: the line at fault, when there is one.
    """

    def __init__(self, message: str, advice: str = "", place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.place = place


def load_module(folder: Path, name: str = "app") -> ModuleType:
    """Execute one module of a kata, and what it imports from the kata, afresh.

    The kata's folder becomes the package ``kata``; whatever was loaded under that name before
    is forgotten first.

    Args:
        folder: the kata's folder.
        name: the module in it, without ``.py``; dots for a module of a sub-package.

    Returns:
        The module, newly executed.

    Raises:
        Broken: its source cannot be compiled or executed.
    """
    if _FORBIDDEN:
        raise Broken("The app lives in another process, and is not executed in this one.")
    forget_modules()
    package = ModuleType(PACKAGE)
    package.__path__ = [str(folder)]
    package.__spec__ = ModuleSpec(PACKAGE, None, is_package=True)
    sys.modules[PACKAGE] = package
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    return import_module(name)


def forbid() -> None:
    """Execute nothing of a learner's in this process from now on: it judges from outside."""
    _FORBIDDEN.append(True)


def import_module(name: str) -> ModuleType:
    """Import a further module of the kata loaded last, sharing what is executed already.

    Raises:
        Broken: as for `load_module`.
    """
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    except (Exception, SystemExit) as error:
        folder = Path(sys.modules[PACKAGE].__path__[0])
        raise _explain(error, folder, name) from error


def forget_modules() -> None:
    """Drop every module of the package ``kata``."""
    for loaded in [n for n in sys.modules if n == PACKAGE or n.startswith(f"{PACKAGE}.")]:
        del sys.modules[loaded]


def app_of(module: ModuleType, file: str = "app.py") -> Any:
    """The FastAPI application named ``app``.

    Raises:
        Broken: there is none; the message says what the module has instead.
    """
    from fastapi import FastAPI

    app = getattr(module, "app", None)
    if isinstance(app, FastAPI):
        return app
    if app is not None:
        raise Broken(
            f"`app` in {file} is a {type(app).__name__}, not a FastAPI application.",
            "Write `app = FastAPI()` at the top level of the file.",
        )
    others = [name for name, value in vars(module).items() if isinstance(value, FastAPI)]
    if others:
        raise Broken(
            f"{file} has no `app`. It has a FastAPI application named `{others[0]}`.",
            f"Name it `app` instead of `{others[0]}`.",
        )
    names = [name for name in vars(module) if not name.startswith("_")]
    has = f"It has {', '.join(names[:8])}." if names else "It is empty."
    raise Broken(f"{file} has no `app`. {has}", "Write `app = FastAPI()` in it.")


def imported(source: bytes) -> list[str]:
    """The modules that a file imports by their full names, wherever in it.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be parsed.
    """
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
    return names


class _CachedLoader(SourceFileLoader):
    """Compiles a file once for each content, and writes no bytecode into a learner's folder."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        sys.audit(EXECUTED, module)

    def get_code(self, fullname: str) -> CodeType | None:
        source = self.get_data(self.path)
        key = (self.path, source)
        if key not in _CODE:
            _CODE[key] = self.source_to_code(source, self.path)
        return _CODE[key]


class _Finder:
    """Finds modules of the package ``kata`` without the directory caches of the path finder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: object = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{PACKAGE}.") or not path:
            return None
        last = fullname.rpartition(".")[2]
        for folder in path:
            for file, is_package in (
                (Path(folder, last, "__init__.py"), True),
                (Path(folder, f"{last}.py"), False),
            ):
                if file.is_file():
                    return importlib.util.spec_from_file_location(
                        fullname,
                        file,
                        loader=_CachedLoader(fullname, str(file)),
                        submodule_search_locations=[str(file.parent)] if is_package else None,
                    )
        return None


_FORBIDDEN: list[bool] = []
_CODE: dict[tuple[str, bytes], CodeType] = {}
_FINDER: Any = _Finder()


def _explain(error: BaseException, folder: Path, name: str) -> Broken:
    """Say in a learner's words why a module could not be executed."""
    file = f"{name.replace('.', '/')}.py"
    if isinstance(error, SyntaxError) and error.filename:
        at = Place(error.filename, error.lineno or 0, "", (error.text or "").strip())
        where = Path(error.filename).name
        kind = "an indentation error" if isinstance(error, IndentationError) else "a syntax error"
        return Broken(f"{where} has {kind} in line {error.lineno}: {error.msg}.", "", at)
    place = place_in_folder(error, folder, {"test_app.py"})
    if isinstance(error, ModuleNotFoundError):
        return _explain_missing(error, folder, file, place)
    if isinstance(error, SystemExit):
        return Broken(
            f"{file} ends the whole program while it is imported (sys.exit or exit).",
            "Remove that call: the file is imported, not run as a program.",
            place,
        )
    where = Path(place.file).name if place else file
    return Broken(f"{where} cannot be imported: {type(error).__name__}: {error}", "", place)


def _explain_missing(
    error: ModuleNotFoundError, folder: Path, file: str, place: Place | None
) -> Broken:
    missing = error.name or ""
    if missing == f"{PACKAGE}.{file.removesuffix('.py').replace('/', '.')}":
        return Broken(
            f"{file} is not there.",
            "Bring it back with `checker reset`, which keeps your other work.",
        )
    own = missing.removeprefix(f"{PACKAGE}.").split(".")[0]
    if missing.startswith(f"{PACKAGE}."):
        return Broken(f"This kata has no module {own!r} to import.", "", place)
    if (folder / f"{own}.py").is_file() or (folder / own).is_dir():
        return Broken(
            f"There is no installed module {own!r}; the kata's own {own!r} is meant.",
            f"Write `from .{own} import …`, with a dot before the name.",
            place,
        )
    return Broken(
        f"There is no installed module {missing!r}.",
        "Every kata can be solved with the packages that are installed already.",
        place,
    )
