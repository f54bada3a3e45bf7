"""Seeded made-up values, so that an answer cannot be copied out of a suite."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_FIRST = (
    "Ada Bilal Chiara Dario Edda Farid Grace Hana Ines Jonas "
    "Kofi Lena Mira Noor Otis Priya Quinn Rosa Sami Tove"
).split()
_LAST = (
    "Abara Brandt Castell Dahl Eriksen Fontaine Garza Hoang Ito "
    "Jansen Kaya Lindqvist Moreau Nakata Okafor Petrov Rossi Silva"
).split()
_ADJECTIVES = (
    "Amber Broken Crooked Distant Emerald Forgotten Gentle "
    "Hidden Iron Last Midnight Patient Quiet Salt Winter"
).split()
_NOUNS = (
    "Archive Bridge Cartographer Garden Harbour Island Lantern "
    "Letter Library Orchard River Shelf Station Tide Winter"
).split()


class Values:
    """Made-up values from one seed: the same seed and test give the same values again.

    Attributes:
        seed: what the values are drawn from; printed with a failing test.
        rng: the generator itself, for what has no method here.
    """

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.rng = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return self.rng.randint(low, high)

    def choice(self, options: Sequence[T]) -> T:
        """One of ``options``."""
        return self.rng.choice(options)

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """``count`` different ones of ``options``, in random order."""
        return self.rng.sample(options, count)

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All of ``options`` in random order."""
        return self.rng.sample(options, len(options))

    def word(self) -> str:
        """A made-up lower-case word of six letters, as ``velotu``."""
        return "".join(
            self.rng.choice("bdfgklmnprstv") + self.rng.choice("aeiou") for _ in range(3)
        )

    def title(self) -> str:
        """A book title, as ``The Quiet Harbour of Velotu``; practically never the same twice."""
        return (
            f"The {self.rng.choice(_ADJECTIVES)} {self.rng.choice(_NOUNS)}"
            f" of {self.word().capitalize()}"
        )

    def name(self) -> str:
        """A person's name, as ``Ines Okafor``."""
        return f"{self.rng.choice(_FIRST)} {self.rng.choice(_LAST)}"

    def email(self) -> str:
        """An address under ``.example`` (RFC 2606), as ``velotu@domira.example``."""
        return f"{self.word()}@{self.word()}.example"

    def token(self, length: int = 20) -> str:
        """Random letters and digits."""
        return "".join(self.rng.choices(string.ascii_letters + string.digits, k=length))

    def price(self, low: int = 5, high: int = 60) -> str:
        """An amount with two decimals that is no whole number, as ``"17.35"``."""
        return f"{self.rng.randint(low, high)}.{self.rng.randint(1, 99):02d}"

    def year(self) -> int:
        """A year in which a printed book may have appeared, 1850 to 2020."""
        return self.rng.randint(1850, 2020)

    def isbn(self) -> str:
        """A valid ISBN-13 without hyphens (ISO 2108: weights 1 and 3, sum divisible by 10)."""
        digits = [9, 7, 8, *(self.rng.randint(0, 9) for _ in range(9))]
        total = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits))
        return "".join(map(str, [*digits, -total % 10]))
