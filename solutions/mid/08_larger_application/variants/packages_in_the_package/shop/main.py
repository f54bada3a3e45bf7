from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from .books import router as books
from .dependencies import get_settings, get_store
from .office import router as office
from .orders import router as orders
from .reviews import router as reviews
from .settings import Settings
from .store import SoldOutError, Store


def create_app(settings: Settings | None = None) -> FastAPI:
    own, store = settings or Settings(), Store()
    app = FastAPI(title=own.title, version="1.4.0")
    app.dependency_overrides |= {get_settings: lambda: own, get_store: lambda: store}

    @app.exception_handler(SoldOutError)
    async def answer_sold_out(request: Request, error: SoldOutError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    for router in (office, orders, reviews, books):
        app.include_router(router)
    return app
