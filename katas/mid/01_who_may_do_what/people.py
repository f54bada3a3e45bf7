"""Who the shop knows: accounts with their sessions, and partners with their keys.

Given: use it, do not edit it. In a real shop this is a database, and it changes while the app
runs: people log in and out, a clerk becomes a manager, a partner's key is withdrawn.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Role = Literal["customer", "clerk", "manager"]
"""What an account is to the shop. Clerks and managers are its staff."""


@dataclass(frozen=True)
class Account:
    """Somebody who can log in."""

    id: int
    name: str
    role: Role


accounts: dict[int, Account] = {}
"""All accounts, by id."""

sessions: dict[str, int] = {}
"""Who is logged in: the account's id, by the digest of the session's token."""


def find_account(token: str) -> Account | None:
    """Find the account that is logged in with this token; None when nobody is."""
    account_id = sessions.get(_digest(token))
    return None if account_id is None else accounts[account_id]


def log_in(account: Account, token: str) -> None:
    """Begin a session: whoever sends this token is this account."""
    accounts[account.id] = account
    sessions[_digest(token)] = account.id


def log_out(token: str) -> None:
    """End a session."""
    del sessions[_digest(token)]


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


leaks: list[str] = []
"""How keys were compared in a way whose time tells something about them; the suite reads it."""


class _Watched:
    """Writes down each comparison that takes the longer, the more of a guess is right."""

    def __eq__(self, other: object) -> bool:
        leaks.append("compared with ==, or with something that uses it, such as `in`")
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        leaks.append("compared with !=")
        return super().__ne__(other)

    def __hash__(self) -> int:
        leaks.append("used as the key of a dictionary, or as a member of a set")
        return super().__hash__()


class KeyBytes(_Watched, bytes):
    """What `encode()` of a key gives."""


class Key(_Watched, str):
    """A partner's key: a text, except that it notices how it is compared."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> KeyBytes:
        """Give the bytes of the key; they notice the same."""
        return KeyBytes(super().encode(encoding, errors))

    def __str__(self) -> str:
        return self

    def __repr__(self) -> str:
        return "Key('…')"


@dataclass(frozen=True, eq=False)
class Partner:
    """A shop that sells for us, whose program asks with a key."""

    name: str
    key: Key


partners: list[Partner] = []
"""All partners. Each has a key of its own."""


log_in(Account(1, "Ines Okafor", "customer"), "token-of-ines")
log_in(Account(2, "Tove Lindqvist", "customer"), "token-of-tove")
log_in(Account(3, "Edda Brandt", "clerk"), "token-of-edda")
log_in(Account(4, "Bilal Moreau", "manager"), "token-of-bilal")
partners.append(Partner("Harbour Books", Key("key-of-harbour-books")))
