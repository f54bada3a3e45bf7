"""The shop's books, its stock and its orders. Given: use it, do not edit it."""

from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True)
class Book:
    """A book that the shop sells."""

    isbn: str
    title: str
    author: str


@dataclass
class Order:
    """A customer's order. `customer_id` is the id of the account that it belongs to."""

    id: int
    customer_id: int
    isbn: str
    copies: int
    shipped: bool = False


books: list[Book] = [
    Book("9780140328721", "The Quiet Harbour", "Kofi Dahl"),
    Book("9780261103344", "A Lantern in Winter", "Mira Castell"),
]
"""Everything that can be bought."""

stock: dict[str, int] = {"9780140328721": 40, "9780261103344": 3}
"""The copies in stock, by ISBN."""

orders: dict[int, Order] = {}
"""All orders, by id, in the order in which they were placed."""

_ids = count(1)


def place_order(customer_id: int, isbn: str, copies: int) -> Order:
    """Store a new order, which gets its id here."""
    order = Order(next(_ids), customer_id, isbn, copies)
    orders[order.id] = order
    return order


place_order(1, "9780140328721", 2)
place_order(2, "9780261103344", 1)
