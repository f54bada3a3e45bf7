"""The bank's client, as the bank delivers it.

Given: use it, do not edit it. It logs more than it should, and louder than it should, as code of
other people does.
"""

import logging
from decimal import Decimal

log = logging.getLogger("bookshop.bank")


class CardDeclinedError(Exception):
    """The bank does not take this card. That happens every day."""


class Wire:
    """The way to the bank."""

    def ask(self, order_id: int, amount: Decimal, card_number: str) -> bool:
        """Ask the bank for an amount; tells whether it takes the card. Waits for the answer."""
        return True


wire = Wire()
"""A test may put another one here."""


def charge(order_id: int, amount: Decimal, card_number: str) -> None:
    """Take the money for an order. Waits for the bank, and blocks meanwhile.

    Raises:
        CardDeclinedError: the bank does not take this card.
        Exception: whatever else goes wrong on the way to the bank; nobody expects it.
    """
    log.info(
        "order %d: asking for %s",
        order_id,
        amount,
        extra={"order_id": order_id, "payment": {"amount": amount, "card_number": card_number}},
    )
    try:
        accepted = wire.ask(order_id, amount, card_number)
    except Exception:
        log.error("order %d: no answer", order_id)  # noqa: TRY400 - who catches it has the rest
        raise
    if not accepted:
        log.error("order %d: declined", order_id)
        raise CardDeclinedError(f"the card for order {order_id} was declined")
    log.info("order %d: %s paid", order_id, amount)
