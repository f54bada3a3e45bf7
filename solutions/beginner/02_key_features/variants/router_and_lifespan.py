"""One carrier for the life of the app, a class as dependency, a router and response_model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from pydantic import BaseModel, Field, computed_field

from .carrier import Carrier


class Zone(StrEnum):
    DOMESTIC = "domestic"
    EUROPE = "europe"
    WORLD = "world"


class Quote(BaseModel):
    zone: Zone
    grams: int
    tracked: bool
    carrier_cents: int = Field(exclude=True)
    arrives_on: date

    @computed_field
    def total_cents(self) -> int:
        return self.carrier_cents + (250 if self.tracked else 0)


async def get_carrier(request: Request) -> Any:
    return request.app.state.carrier


class PostageDesk:
    def __init__(self, carrier: Annotated[Carrier, Depends(get_carrier)]) -> None:
        self.carrier = carrier

    def quote(self, zone: Zone, grams: int, tracked: bool, sent_on: date) -> dict[str, Any]:
        rate = self.carrier.rate(zone, grams)
        return {
            "zone": zone,
            "grams": grams,
            "tracked": tracked,
            "carrier_cents": rate.cents,
            "arrives_on": sent_on + timedelta(days=rate.days),
        }


router = APIRouter(prefix="/postage", tags=["postage"])


@router.get("/{zone}", response_model=Quote)
def read_quote(
    desk: Annotated[PostageDesk, Depends()],
    zone: Annotated[Zone, Path()],
    grams: Annotated[int, Query(ge=1, le=20_000)],
    sent_on: Annotated[date, Query()],
    tracked: Annotated[bool | None, Query()] = None,
) -> Any:
    return desk.quote(zone, grams, bool(tracked), sent_on)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.carrier = Carrier()
    yield


app = FastAPI(lifespan=lifespan)
app.include_router(router)
