"""The shop: its customers, its books and its vouchers.

Given: use it, do not edit it.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Customer:
    """Somebody with one API key or several, and how much they may ask for in a minute."""

    id: int
    name: str
    searches: int
    vouchers: int


class Register:
    """The register of customers.

    The office changes it while the API runs, so look into it for each request.

    Attributes:
        customers: the customers, by API key; one customer may have several.
        visitor_searches: how often a visitor may search in a minute.
    """

    def __init__(self) -> None:
        self.customers = {
            "reading-room": Customer(1, "Reading Room", searches=6, vouchers=3),
            "night-train-front": Customer(2, "Night Train Books", searches=12, vouchers=5),
            "night-train-till": Customer(2, "Night Train Books", searches=12, vouchers=5),
        }
        self.visitor_searches = 4

    def find(self, key: str) -> Customer | None:
        """Find a customer by an API key."""
        return self.customers.get(key)


register = Register()

books = {
    "9780140449266": "The Count of Monte Cristo",
    "9780141439518": "Pride and Prejudice",
    "9780142437230": "Don Quixote",
    "9780141439600": "A Tale of Two Cities",
}
"""The titles, by ISBN."""

vouchers = {"LANTERN-20": Decimal("20.00"), "HARBOUR-50": Decimal("50.00")}
"""What each voucher is worth that nobody has redeemed yet, by its code."""


class NoSuchVoucherError(Exception):
    """There is no such voucher, or not any more."""


def search(words: str) -> dict[str, str]:
    """The books whose titles contain these words, by ISBN."""
    return {isbn: title for isbn, title in books.items() if words.lower() in title.lower()}


def redeem(code: str) -> Decimal:
    """Redeem a voucher, which is gone then; gives what it was worth.

    Raises:
        NoSuchVoucherError: there is no such voucher.
    """
    try:
        return vouchers.pop(code)
    except KeyError:
        raise NoSuchVoucherError(code) from None
