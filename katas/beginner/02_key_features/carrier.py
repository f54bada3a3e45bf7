"""The carrier's client, which knows prices and delivery times. Given: use it, do not edit it.

It is an old client: whoever asks is blocked until the carrier has answered.
"""

from dataclasses import dataclass
from typing import Protocol

BASE_CENTS = {"domestic": 310, "europe": 740, "world": 1290}
KILOGRAM_CENTS = {"domestic": 95, "europe": 230, "world": 615}
DAYS = {"domestic": 2, "europe": 5, "world": 12}


@dataclass(frozen=True)
class Rate:
    """What the carrier says about one parcel.

    Attributes:
        cents: the price without tracking.
        days: how many days the parcel is under way, weekends included.
    """

    cents: int
    days: int


class Wire(Protocol):
    """What takes a question to the carrier and brings the answer back."""

    def ask(self, zone: str, grams: int) -> Rate:
        """Block the thread until the answer is there."""
        ...


class LocalWire:
    """Answers at once, from the price list: a base price, and more for each begun kilogram."""

    def ask(self, zone: str, grams: int) -> Rate:
        """Answer at once."""
        kilograms = -(-grams // 1000)
        return Rate(BASE_CENTS[zone] + kilograms * KILOGRAM_CENTS[zone], DAYS[zone])


wire: Wire = LocalWire()


class Carrier:
    """The carrier, at the other end of the wire."""

    def rate(self, zone: str, grams: int) -> Rate:
        """Ask for the price and the days; blocks the thread until the carrier has answered.

        Args:
            zone: the text ``domestic``, ``europe`` or ``world``.
            grams: what the parcel weighs.
        """
        return wire.ask(zone, grams)
