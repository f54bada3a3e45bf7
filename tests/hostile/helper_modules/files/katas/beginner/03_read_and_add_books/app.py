"""Looks harmless: the attack is in a helper's helper."""

from fastapi import FastAPI

from . import helpers

app = FastAPI(title="Bookshop")
helpers.setup(app)
