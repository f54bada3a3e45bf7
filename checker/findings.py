"""What one check of ``checker doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: what was looked at.
        level: ``good``, ``note`` (it works, but look) or ``bad`` (it does not work).
        words: what was found.
        mend: what to do about it; "" when nothing.
    """

    check: str
    level: str
    words: str
    mend: str = ""
