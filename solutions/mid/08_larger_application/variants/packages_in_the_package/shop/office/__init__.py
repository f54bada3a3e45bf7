from fastapi import APIRouter, Depends

from ..models import Refusal
from ..security import staff_only
from . import counter, shelves

router = APIRouter(
    prefix="/office",
    tags=["office"],
    dependencies=[Depends(staff_only)],
    responses={401: {"model": Refusal}, 403: {"model": Refusal}},
)
router.include_router(counter.router)
router.include_router(shelves.router)
