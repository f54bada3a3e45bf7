from secrets import compare_digest
from typing import Annotated

from fastapi import HTTPException, Security
from fastapi.security import APIKeyHeader

from .dependencies import ItsSettings

staff_key = APIKeyHeader(name="X-API-Key")


async def staff_only(settings: ItsSettings, key: Annotated[str, Security(staff_key)]) -> None:
    if not compare_digest(key.encode(), settings.staff_key.encode()):
        raise HTTPException(403, "The office is for the staff.")
