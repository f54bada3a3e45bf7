"""A subclass of FastAPI holds the settings and the store; settings are a plain model."""

from .shop import main

app = main.create_app()
