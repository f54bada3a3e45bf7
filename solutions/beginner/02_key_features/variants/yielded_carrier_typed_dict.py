"""A yielded carrier, a TypedDict for the answer, and asyncio.to_thread inside async def."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from annotated_types import Ge, Le
from fastapi import Depends, FastAPI
from typing_extensions import TypedDict

from .carrier import Carrier

Zone = Literal["world", "europe", "domestic"]


class Quote(TypedDict):
    arrives_on: date
    total_cents: int
    tracked: bool
    grams: int
    zone: str


def get_carrier() -> Iterator[Carrier]:
    carrier = Carrier()
    yield carrier


app = FastAPI()


@app.get("/postage/{zone}")
async def postage(
    zone: Zone,
    sent_on: date,
    grams: Annotated[int, Ge(1), Le(20_000)],
    carrier: Annotated[Carrier, Depends(get_carrier)],
    tracked: bool = False,
) -> Quote:
    rate = await asyncio.to_thread(carrier.rate, zone, grams)
    price = rate.cents + 250 if tracked else rate.cents
    arrives_on = date.fromordinal(sent_on.toordinal() + rate.days)
    return Quote(arrives_on=arrives_on, total_cents=price, tracked=tracked, grams=grams, zone=zone)
