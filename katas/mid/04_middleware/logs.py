"""The shop's log. Given: use it, do not edit it.

All loggers of the shop are called `bookshop` or `bookshop.something`. Their records end up at one
handler, which keeps them in `records`, where the suite reads them, and prints them.
"""

import logging
import sys
from collections import deque

records: deque[logging.LogRecord] = deque(maxlen=1000)
"""What was logged so far, as the handler got it."""


class Printer(logging.Handler):
    """Keeps each record, and prints it with the id of its request."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep and print one record."""
        records.append(record)
        print(self.format(record), file=sys.stderr)


handler = Printer()
handler.setFormatter(
    logging.Formatter(
        "%(levelname)s %(name)s [%(request_id)s] %(message)s",
        defaults={"request_id": "no request_id"},
    )
)

_shop = logging.getLogger("bookshop")
_shop.setLevel(logging.INFO)
_shop.addHandler(handler)
