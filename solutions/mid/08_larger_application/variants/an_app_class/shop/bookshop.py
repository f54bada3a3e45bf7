from fastapi import FastAPI

from .settings import Settings
from .store import Store


class Bookshop(FastAPI):
    def __init__(self, settings: Settings) -> None:
        super().__init__(title=settings.title, version="1.4.0")
        self.settings = settings
        self.store = Store()
