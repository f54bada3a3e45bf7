"""Asks the carrier in a dependency, which runs although another parameter is wrong.

Fails: test_only_a_valid_request_reaches_the_carrier
"""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel

from .carrier import Carrier, Rate

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
Grams = Annotated[int, Query(ge=1, le=20_000)]


def get_rate(carrier: CarrierDep, zone: Zone, grams: Grams) -> Rate:
    return carrier.rate(zone, grams)


app = FastAPI(title="Postage desk")


@app.get("/postage/{zone}")
def quote_postage(
    rate: Annotated[Rate, Depends(get_rate)],
    zone: Zone,
    grams: Grams,
    sent_on: date,
    tracked: bool = False,
) -> Quote:
    """Say what a parcel costs and on which day it arrives."""
    return Quote(
        zone=zone,
        grams=grams,
        tracked=tracked,
        total_cents=rate.cents + (TRACKING_CENTS if tracked else 0),
        arrives_on=sent_on + timedelta(days=rate.days),
    )
