"""A test that must fail, in a run whose code nobody trusts: where it passes, results are forged."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from checker.harness.client import Client
    from checker.suite.values import Values


class Canary:
    """Adds one more test to a suite.

    Args:
        name: the test's name, which the grader has made up.
    """

    __name__ = "kata-canary"

    def __init__(self, name: str) -> None:
        self._name = name

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the test somewhere among the others."""
        module = items[0].getparent(pytest.Module) if items else None
        if module is not None:
            test = pytest.Function.from_parent(module, name=self._name, callobj=must_fail)
            items.insert(random.randrange(len(items) + 1), test)


def must_fail(client: Client, values: Values) -> None:
    """An answer has a status code that no answer can have."""
    answer = client.get(f"/{values.word()}/{values.integer(1, 999)}")
    assert answer.status_code == values.integer(1_000, 999_999)
