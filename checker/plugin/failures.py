"""Turns the exception of a failed test into what a learner reads."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from checker.errors import ServiceUnavailable
from checker.harness.exchanges import Exchange, Place, place_in_folder
from checker.harness.server import AppDidNotStart
from checker.loading import Broken
from checker.plugin.compare import kept_lines
from checker.plugin.limits import TestTookTooLong
from checker.verdict import Failure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_MOST_DETAIL = 14


def outcome_of(error: BaseException) -> str:
    """The outcome of a test that ended with ``error``, one of ``verdict.OUTCOMES``."""
    if isinstance(error, Broken | AppDidNotStart):
        return "broken"
    if isinstance(error, TestTookTooLong):
        return "timeout"
    if isinstance(error, ServiceUnavailable):
        return "unavailable"
    return "failed"


def describe(
    error: BaseException,
    suite: Path,
    not_mine: Collection[str],
    exchanges: Sequence[Exchange],
    limit: float,
) -> Failure:
    """Say why a test did not pass.

    Args:
        error: what the test ended with.
        suite: the suite's path; its folder is the kata's.
        not_mine: the files in that folder that are not the learner's.
        exchanges: what the test asked and got so far.
        limit: the test's time limit, in seconds.

    Returns:
        The failure in a learner's words, with the learner's line where there is one.
    """
    if isinstance(error, Broken):
        return _failure(error.message, error.advice, "Broken", error.place, None)
    if isinstance(error, ServiceUnavailable):
        return _failure(error.message, error.advice, "Unavailable", None, None)
    test = _line_in(error, suite)
    place = place_in_folder(error, suite.parent, not_mine)
    if isinstance(error, AppDidNotStart):
        cause = error.__cause__ or error
        place = place_in_folder(cause, suite.parent, not_mine)
        return _failure(f"The app did not start: {error}", "", "Broken", place, test)
    if isinstance(error, TestTookTooLong):
        return _too_long(limit, place, exchanges, test)
    place = place or _place_of(exchanges)
    if isinstance(error, AssertionError):
        return _failure(_assertion_words(error), "", type(error).__name__, place, test)
    words = f"{type(error).__name__}: {error}".removesuffix(": ")
    if place_in_folder(error, suite.parent, not_mine):
        return _failure(f"Your code raised {words}", "", type(error).__name__, place, test)
    return _failure(
        f"The answer does not have the shape that this test reads ({words}).",
        "Compare what came back with the contract in the kata's README.",
        type(error).__name__,
        place,
        test,
    )


def _failure(
    message: str, advice: str, error: str, place: Place | None, test: Place | None
) -> Failure:
    return Failure(
        message,
        advice,
        error,
        place.file if place else "",
        place.line if place else 0,
        place.text if place else "",
        test.line if test else 0,
        test.text if test else "",
    )


def _too_long(
    limit: float, place: Place | None, exchanges: Sequence[Exchange], test: Place | None
) -> Failure:
    waiting = next((e for e in exchanges if e.status is None), None)
    if waiting is not None:
        what = f"{waiting.method} {waiting.target} had no answer"
    else:
        what = "The test was not done"
    return _failure(
        f"{what} after {limit:g} seconds, the limit for one test.",
        "Look for a loop that never ends, or a wait for something that never comes.",
        "Timeout",
        place,
        test,
    )


def _place_of(exchanges: Sequence[Exchange]) -> Place | None:
    """The learner's line that the last exchange leads to: what raised, else what answered."""
    if not exchanges:
        return None
    last = exchanges[-1]
    return last.error_place or last.handler


def _line_in(error: BaseException, suite: Path) -> Place | None:
    """The line of the test itself, also where a helper of the suite made the assertion."""
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename) == suite:
            return Place(frame.filename, frame.lineno or 0, frame.name, (frame.line or "").strip())
    return None


def _assertion_words(error: AssertionError) -> str:
    """The suite's own words first, then the difference; pytest's ``assert`` noise left out."""
    text = str(error)
    said, _, detail = text.partition("\nassert ")
    if text.startswith("assert "):
        said, detail = "", text.removeprefix("assert ")
    lines = detail.splitlines()
    kept = kept_lines(detail)
    if kept is not None and not (said and kept.weak):
        lines = kept.lines
    elif said:
        # The suite has said it in its own words; pytest's repr of the operands only repeats it.
        lines = []
    if len(lines) > _MOST_DETAIL:
        lines = [*lines[:_MOST_DETAIL], "…"]
    return "\n".join(part for part in (said, *lines) if part) or "The check failed."
