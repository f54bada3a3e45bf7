"""Seals on the judge's own code: what is replaced in it does not stay unseen.

No answer to a kata needs to replace a part of pytest, of the harness, of the suite or of what is
given. What stands there is written down before a line of the learner's is read, and compared again
and again by the audit hook of `tripwires`, which nobody can find or take away.
"""

from __future__ import annotations

import builtins
import importlib
import json
import operator
import sys
from inspect import iscoroutinefunction
from itertools import chain
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pluggy
import pytest

from checker.plugin.suites import suite_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

_SEALED = ("_pytest", "checker", "httpx2", "pluggy", "pytest", "pytest_asyncio")
"""Whose modules are sealed: all of the judge's that the suite's answers pass through."""

_BUILT_IN = vars(builtins)
"""Where something new hides nothing."""

_STANDARD = (builtins, json, json.decoder, json.encoder, operator)

_SUITE = "checker.suite"
"""Whose functions suites may put into the place of given ones, as they may their own."""

_LATER = (
    "checker.harness.client", "checker.harness.server", "checker.plugin.apps",
    "checker.plugin.compare", "checker.plugin.failures", _SUITE,
)  # fmt: skip
"""What a test would otherwise be the first to import."""


class Seals(NamedTuple):
    """What compares.

    Attributes:
        replaced: names the first part that was replaced; "" while all is as it was.
        add: takes a module of the kata's that was executed just now, and seals it if it is given.
    """

    replaced: Callable[[], str]
    add: Callable[[ModuleType], object]


class _Names(NamedTuple):
    """The names of a module or a class.

    Attributes:
        said: the name of the module or class.
        now: what the names stand for, as it is now.
        code: those that do something.
        parts: what these stood for.
        known: every name that there was.
        counts: whether something new under a name is a part of the judge's work.
    """

    said: str
    now: Mapping[str, Any]
    code: tuple[str, ...]
    parts: tuple[object, ...]
    known: frozenset[str]
    counts: Callable[[object], bool]


def seal(session: pytest.Session) -> Seals:
    """Write down what must stay as it is.

    Args:
        session: its tests, fixtures, hooks and suites are sealed, and the judge's modules.
    """
    for name in _LATER:
        importlib.import_module(name)
    tests = [item for item in session.items if isinstance(item, pytest.Function)]
    suites = [sys.modules[name] for name in {test.obj.__module__ for test in tests}]
    judge = [module for name, module in sys.modules.items() if name.partition(".")[0] in _SEALED]
    hooks = [
        (name, caller)
        for name, caller in vars(session.config.pluginmanager.hook).items()
        if isinstance(caller, pluggy.HookCaller)
    ]
    # Builtins and this module's own parts come first, and may be used when they were compared.
    # Some ten thousand parts are compared at each look, so it has to be quick.
    whole, each, same = all, map, operator.is_
    sealed = [*_names_in([*_STANDARD, sys.modules[__name__], *judge, *suites], _is_code)]
    held = [*_parts_of(tests, hooks, suites)]
    lists = [*_contents_of(tests, hooks, suites)]
    own = [vars(m) for m in (*suites, *judge) if m in suites or m.__name__.startswith(_SUITE)]
    given = {name.removesuffix(".py") for test in tests for name in _given_of(test)}
    given_now: dict[str, list[_Names]] = {}

    def replaced() -> str:
        for said, now, code, parts, _, _ in sealed:
            if not whole(each(same, each(now.get, code), parts)):
                for name, part in zip(code, parts, strict=True):
                    if now.get(name) is not part:
                        return f"{said}.{name}"
        for names in sealed:
            if len(names.now) != len(names.known):
                for name in _new_in(names):
                    return f"{names.said}.{name}"
        for owner, name, part, said in held:
            if getattr(owner, name) is not part:
                return said
        for contents, parts, said in lists:
            if len(contents) != len(parts) or not whole(each(same, contents, parts)):
                return said
        for names in chain.from_iterable(tuple(given_now.values())):
            for name, part in zip(names.code, names.parts, strict=True):
                # A suite may put a function of its own into its place.
                if names.now.get(name) is not part and not is_own(names.now.get(name)):
                    return f"{names.said}.{name}"
            for name in _new_in(names):
                return f"{names.said}.{name}"
        return ""

    def is_own(part: Any) -> bool:
        function = part.__func__ if type(part) is MethodType else part
        return type(function) is FunctionType and any(
            function.__globals__ is names for names in own
        )

    def add(module: ModuleType) -> None:
        name = module.__name__.partition(".")[2]
        if name in given:
            given_now[name] = [*_names_in([module], _is_function)]

    return Seals(replaced, add)


def _new_in(names: _Names) -> Iterator[str]:
    """The names that were added, and do something: they may hide what is inherited or built in."""
    if names.now is not _BUILT_IN:
        for name, part in list(names.now.items()):
            if name not in names.known and names.counts(part):
                yield name


def _is_code(part: object) -> bool:
    """Whether it does something: a function or a class, or a property or the like of a class."""
    return callable(part) or hasattr(type(part), "__get__")


def _is_function(part: object) -> bool:
    return isinstance(part, FunctionType)


def _names_in(modules: Iterable[ModuleType], counts: Callable[[object], bool]) -> Iterator[_Names]:
    """The names of modules, and of the classes that they make."""
    seen: set[type] = set()
    for module in modules:
        yield _names_of(module.__name__, vars(module), counts)
        for part in list(vars(module).values()):
            if isinstance(part, type) and part.__module__ == module.__name__ and part not in seen:
                seen.add(part)
                yield _names_of(f"{module.__name__}.{part.__qualname__}", vars(part), counts)


def _names_of(said: str, names: Mapping[str, Any], counts: Callable[[object], bool]) -> _Names:
    code = {name: part for name, part in names.items() if counts(part)}
    return _Names(said, names, tuple(code), tuple(code.values()), frozenset(names), counts)


def _given_of(item: pytest.Item) -> Iterable[str]:
    suite = suite_of(item)
    return suite.file.given if suite is not None else ()


_Hook = tuple[str, Any]
"""A hook's name, and what calls its implementations."""


def _parts_of(
    tests: list[pytest.Function], hooks: list[_Hook], suites: list[ModuleType]
) -> Iterator[tuple[object, str, object, str]]:
    """What tests, fixtures and hooks call, and the values in the suites."""
    for test in tests:
        # pytest-asyncio has a wrapper in the place of an async test while that is run.
        if not iscoroutinefunction(test.obj):
            yield test, "obj", test.obj, test.name
        for name, fixtures in test._fixtureinfo.name2fixturedefs.items():
            for fixture in fixtures:
                yield fixture, "func", fixture.func, f"the fixture {name}"
    for name, caller in hooks:
        yield caller, "_hookimpls", caller._hookimpls, name
        for implementation in caller._hookimpls:
            yield implementation, "function", implementation.function, name
    for suite in suites:
        for name, value in vars(suite).items():
            if isinstance(value, list | tuple | dict | str | int | float):
                yield suite, name, value, f"{suite.__name__}.{name}"


def _contents_of(
    tests: list[pytest.Function], hooks: list[_Hook], suites: list[ModuleType]
) -> Iterator[tuple[Collection[Any], tuple[Any, ...], str]]:
    """What is in a list of the judge's or a constant of a suite's, and what was in it."""
    for name, caller in hooks:
        yield caller._hookimpls, tuple(caller._hookimpls), name
    for test in tests:
        for name, fixtures in test._fixtureinfo.name2fixturedefs.items():
            yield fixtures, tuple(fixtures), f"the fixture {name}"
    for suite in suites:
        for name, value in vars(suite).items():
            if isinstance(value, list | dict) and name.isupper():
                said = f"{suite.__name__}.{name}"
                yield value, tuple(value), said
                if isinstance(value, dict):
                    yield value.values(), tuple(value.values()), said
