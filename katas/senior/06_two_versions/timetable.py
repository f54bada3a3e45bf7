"""When version 1 goes. Given: do not edit it; the office does, also while the API is running."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

OFFICE = timezone(timedelta(hours=2))
"""The office writes its dates in its own time."""


@dataclass
class Retirement:
    """When a version of the API goes, and where clients read about it.

    Attributes:
        deprecated: since then nobody should begin to use it.
        sunset: from then on it may not answer any more; later than `deprecated`.
        guide: the page that tells what has changed, and how to move.
        policy: the page that tells how long versions live.
    """

    deprecated: datetime
    sunset: datetime
    guide: str
    policy: str


V1 = Retirement(
    deprecated=datetime(2026, 10, 1, tzinfo=OFFICE),
    sunset=datetime(2027, 10, 1, tzinfo=OFFICE),
    guide="https://bookshop.example/api/from-1-to-2",
    policy="https://bookshop.example/api/how-long-versions-live",
)
