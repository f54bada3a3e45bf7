from fastapi import FastAPI, Request, status
from fastapi.responses import JSONResponse

from .settings import Settings
from .store import SoldOutError, Store

app = FastAPI(title=Settings().title, version="1.4.0")
app.state.settings = Settings()
app.state.store = Store()

from . import books, office, orders, reviews  # noqa: E402 - they import this module

for section in (books, reviews, orders, office):
    app.include_router(section.router)


@app.exception_handler(SoldOutError)
def answer_sold_out(_request: Request, error: SoldOutError) -> JSONResponse:
    """Answer 409 in place of the error."""
    return JSONResponse({"detail": str(error)}, status.HTTP_409_CONFLICT)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app, with these settings."""
    app.state.settings = settings or Settings()
    app.title = app.state.settings.title
    return app
