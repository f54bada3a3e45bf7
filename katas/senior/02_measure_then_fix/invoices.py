"""Writes invoices. Bought years ago, before anybody said `async`. Given: do not edit it."""

import time

WRITING_SECONDS = 0.12


def print_pdf() -> None:
    """Wait for the machine that makes the PDF."""
    time.sleep(WRITING_SECONDS)


def write(order_id: int, title: str, copies: int) -> str:
    """Write the invoice of an order. Any number of threads may do so at once.

    Returns:
        The invoice's number.
    """
    print_pdf()
    return f"INV-{order_id:06}-{len(title)}-{copies}"
