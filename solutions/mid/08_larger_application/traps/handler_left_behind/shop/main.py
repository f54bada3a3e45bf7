from fastapi import FastAPI

from . import books, office, orders, reviews
from .settings import Settings
from .store import Store


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make an app with a store of its own."""
    settings = settings or Settings()
    app = FastAPI(title=settings.title, version="1.4.0")
    app.state.settings = settings
    app.state.store = Store()
    for section in (books, reviews, orders, office):
        app.include_router(section.router)
    return app
