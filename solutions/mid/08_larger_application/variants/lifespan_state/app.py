"""A lifespan makes the store, routes are added by add_api_route, and the guard is a class."""

from .shop.main import create_app

app = create_app()
