from fastapi import Depends, FastAPI, Request, status
from fastapi.responses import JSONResponse

from . import books, office, orders, reviews
from .dependencies import require_staff
from .settings import Settings
from .store import SoldOutError, Store


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make an app with a store of its own."""
    settings = settings or Settings()
    app = FastAPI(title=settings.title, version="1.4.0")
    app.state.settings = settings
    app.state.store = Store()
    app.add_exception_handler(SoldOutError, answer_sold_out)
    for section in (books, reviews, orders):
        app.include_router(section.router)
    app.include_router(office.router, dependencies=[Depends(require_staff)])
    return app


def answer_sold_out(_request: Request, error: Exception) -> JSONResponse:
    """Answer 409 in place of the error."""
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)
