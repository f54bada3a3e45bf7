"""The shop's accounts and orders. Given: use them, do not edit them."""

from dataclasses import dataclass

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
"""Hashes passwords with argon2, and verifies them.

It is weak on purpose, so that the suite is quick. A real shop takes `PasswordHash.recommended()`.
"""


@dataclass(frozen=True)
class Account:
    """Somebody who can log in.

    Attributes:
        username: what they are called; there is no second account of this name.
        password_hash: the argon2 hash of the password, made by `hasher`.
        scopes: what they may do.
    """

    username: str
    password_hash: str
    scopes: frozenset[str]


class UsernameTakenError(Exception):
    """There is an account of this name already."""


class Accounts:
    """All accounts, by username."""

    def __init__(self) -> None:
        self.by_username: dict[str, Account] = {}

    def find(self, username: str) -> Account | None:
        """Find an account; None when there is none of this name."""
        return self.by_username.get(username)

    def add(self, account: Account) -> None:
        """Add an account.

        Raises:
            UsernameTakenError: there is one of this name already.
        """
        if account.username in self.by_username:
            raise UsernameTakenError(account.username)
        self.by_username[account.username] = account


accounts = Accounts()
"""The shop's accounts. The suite adds its own."""

orders: dict[str, list[str]] = {}
"""The ISBNs that somebody has ordered, by username. Who has ordered nothing is not in it."""

# One account to try by hand, on the page /docs.
accounts.add(
    Account(
        username="noor",
        password_hash=hasher.hash("the quiet harbour"),
        scopes=frozenset({"orders:read", "accounts:write"}),
    )
)
orders["noor"] = ["9780140328721"]
