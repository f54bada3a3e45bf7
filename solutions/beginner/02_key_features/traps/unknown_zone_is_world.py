"""Takes every unknown zone for the rest of the world.

Fails: test_what_does_not_fit_its_type_is_a_422
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from pydantic import BaseModel

from .carrier import Carrier

TRACKING_CENTS = 250


class Zone(StrEnum):
    DOMESTIC = "domestic"
    EUROPE = "europe"
    WORLD = "world"

    @classmethod
    def _missing_(cls, value):
        return cls.WORLD


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
    rate = carrier.rate(zone, grams)
    return Quote(
        zone=zone,
        grams=grams,
        tracked=tracked,
        total_cents=rate.cents + (TRACKING_CENTS if tracked else 0),
        arrives_on=sent_on + timedelta(days=rate.days),
    )
