"""The warehouse's client, in a blocking and in an awaiting form. Given: use it, do not edit it."""

from typing import Protocol


class Wire(Protocol):
    """What carries a question to the warehouse and waits for the answer."""

    def ask(self, isbn: str) -> int:
        """Block the thread until the answer is there."""
        ...

    async def ask_async(self, isbn: str) -> int:
        """Let others work until the answer is there."""
        ...


class LocalWire:
    """Answers at once, from the digits of the ISBN."""

    def ask(self, isbn: str) -> int:
        """Answer at once."""
        return sum(map(ord, isbn)) % 40

    async def ask_async(self, isbn: str) -> int:
        """Answer at once."""
        return self.ask(isbn)


wire: Wire = LocalWire()


def count_copies(isbn: str) -> int:
    """Count the copies in stock; blocks the thread until the warehouse has answered."""
    return wire.ask(isbn)


async def count_copies_async(isbn: str) -> int:
    """Count the copies in stock; other requests are served until the warehouse has answered."""
    return await wire.ask_async(isbn)
