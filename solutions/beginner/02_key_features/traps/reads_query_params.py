"""Reads `request.query_params` and converts by hand: no validation, nothing documented.

Fails: test_what_does_not_fit_its_type_is_a_422, test_the_type_hints_document_the_parameters
"""

from datetime import date, timedelta
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Request
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
    request: Request,
) -> Quote:
    """Say what a parcel costs and on which day it arrives."""
    grams = int(request.query_params["grams"])
    sent_on = date.fromisoformat(request.query_params["sent_on"])
    tracked = request.query_params.get("tracked", "no").lower() in ("true", "yes", "on", "1")
    rate = carrier.rate(zone, grams)
    return Quote(
        zone=zone,
        grams=grams,
        tracked=tracked,
        total_cents=rate.cents + (TRACKING_CENTS if tracked else 0),
        arrives_on=sent_on + timedelta(days=rate.days),
    )
