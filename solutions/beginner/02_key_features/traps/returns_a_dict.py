"""Returns a plain dictionary without a model, so that the documentation knows no field.

Fails: test_the_response_model_documents_the_quote
"""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query

from .carrier import Carrier

TRACKING_CENTS = 250

Zone = Literal["domestic", "europe", "world"]


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
) -> dict[str, Any]:
    """Say what a parcel costs and on which day it arrives."""
    rate = carrier.rate(zone, grams)
    return {
        "zone": zone,
        "grams": grams,
        "tracked": tracked,
        "total_cents": rate.cents + (TRACKING_CENTS if tracked else 0),
        "arrives_on": sent_on + timedelta(days=rate.days),
    }
