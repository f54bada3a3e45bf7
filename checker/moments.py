"""Points in time and spans, from texts that may hold anything, to words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FIRST_YEAR = 2020
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def moment(text: str, until: datetime | None = None) -> datetime | None:
    """Read a time as journals and grades write it.

    Args:
        text: ISO 8601; a time without a zone is taken as UTC.
        until: what can not have been passed yet; a day more is allowed, as clocks differ.

    Returns:
        The time in UTC; None when the text is none, or one that cannot be true: before 2020 or
        after ``until``.
    """
    try:
        read = datetime.fromisoformat(text)
        time = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if time.year < _FIRST_YEAR or (until is not None and time > until + timedelta(days=1)):
        return None
    return time


def day_words(time: datetime | None) -> str:
    """``5 Nov 2026``; "" for None."""
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}" if time else ""


def minute_words(time: datetime | None) -> str:
    """``2026-11-05 10:20 UTC``; "" for None."""
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else ""


def days_between(early: datetime | None, late: datetime | None) -> int | None:
    """Whole days from one to the other, at least 0; None when one is unknown."""
    return max(0, (late - early).days) if early and late else None


def ago_words(days: int | None) -> str:
    """``today``, ``1 day ago``, ``12 days ago``; "" for None."""
    if days is None:
        return ""
    return "today" if days == 0 else f"{count_words(days, 'day')} ago"


def span_words(seconds: float | None) -> str:
    """A length of time in seconds as ``under a minute``, ``8 min``, ``2 h 10 min``, ``3 days``."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return count_words(round(hours / 24), "day")


def count_words(number: int, noun: str) -> str:
    """``1 run``, ``3 runs``: for nouns that take a plain s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
