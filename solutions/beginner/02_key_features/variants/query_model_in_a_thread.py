"""A query model, a plain Enum, a dataclass as the answer, and the wait sent to a thread."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from . import carrier as carriers


class Zone(Enum):
    domestic = "domestic"
    europe = "europe"
    world = "world"


class Parcel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grams: int = Field(gt=0, lt=20_001)
    tracked: bool = False
    sent_on: date


@dataclass
class Quote:
    zone: Zone
    grams: int
    tracked: bool
    total_cents: int
    arrives_on: date


get_carrier = carriers.Carrier


async def quote(
    zone: Zone,
    parcel: Annotated[Parcel, Query()],
    carrier: Annotated[carriers.Carrier, Depends(get_carrier)],
) -> Quote:
    rate = await run_in_threadpool(carrier.rate, zone=zone.value, grams=parcel.grams)
    return Quote(
        zone,
        parcel.grams,
        parcel.tracked,
        rate.cents + 250 * parcel.tracked,
        parcel.sent_on + timedelta(rate.days),
    )


app = FastAPI()
app.add_api_route("/postage/{zone}", quote)
