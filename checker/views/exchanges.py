"""The requests of a graded test, as the learner's own failures show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.views.failure import exchange_lines
from checker.views.untrusted import tame_exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 3


def exchange_blocks(exchanges: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The last requests with their answers, some lines each: the first line is the request.

    Args:
        exchanges: as a grade holds them: nothing in them is trusted, nor need anything be there.
    """
    return [exchange_lines(tame_exchange(exchange), 100) for exchange in exchanges[-_MOST:]]
