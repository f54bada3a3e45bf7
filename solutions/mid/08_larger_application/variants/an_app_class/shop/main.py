from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from .books import router as books
from .bookshop import Bookshop
from .office import router as office
from .orders import router as orders
from .reviews import router as reviews
from .settings import Settings
from .store import SoldOutError


async def answer_sold_out(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(status_code=409, content={"detail": str(error)})


def create_app(settings: Settings | None = None) -> FastAPI:
    app = Bookshop(settings or Settings())
    app.add_exception_handler(SoldOutError, answer_sold_out)
    for router in (reviews, books, orders, office):
        app.include_router(router)
    return app
