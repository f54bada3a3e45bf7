"""Asks the carrier once for the price and once more for the days.

Fails: test_only_a_valid_request_reaches_the_carrier
"""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel

from .carrier import Carrier

TRACKING_CENTS = 250

Zone = Literal["domestic", "europe", "world"]


class Quote(BaseModel):
    zone: Zone
    grams: int
    tracked: bool
    total_cents: int
    arrives_on: date


def get_carrier() -> Carrier:
    return Carrier()


CarrierDep = Annotated[Carrier, Depends(get_carrier)]

app = FastAPI(title="Postage desk")


# A plain def on purpose: carrier.rate blocks, and FastAPI runs a plain def in a thread.
@app.get("/postage/{zone}")
def quote_postage(
    carrier: CarrierDep,
    zone: Zone,
    grams: Annotated[int, Query(ge=1, le=20_000)],
    sent_on: date,
    tracked: bool = False,
) -> Quote:
    """Say what a parcel costs and on which day it arrives."""
    return Quote(
        zone=zone,
        grams=grams,
        tracked=tracked,
        total_cents=carrier.rate(zone, grams).cents + (TRACKING_CENTS if tracked else 0),
        arrives_on=sent_on + timedelta(days=carrier.rate(zone, grams).days),
    )
