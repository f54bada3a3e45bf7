"""Each line costs whoever keeps it more than whoever writes it."""

import logging
import warnings

from fastapi import FastAPI

logging.basicConfig(level=1, force=True)
log = logging.getLogger("shop")
warnings.simplefilter("always")
for number in range(2_000_000):
    log.error("line %d", number)
    if number % 10 == 0:
        warnings.warn(f"warning {number}", stacklevel=1)


app = FastAPI(title="Bookshop")
