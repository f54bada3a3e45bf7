import os
from typing import Any

from pydantic import BaseModel, Field, SecretStr


def from_environment(name: str, default: Any) -> Any:
    return Field(default_factory=lambda: os.environ.get(f"SHOP_{name}", default))


class Settings(BaseModel, frozen=True, validate_default=True):
    title: str = from_environment("TITLE", "Bookshop")
    staff_key: SecretStr = from_environment("STAFF_KEY", "")
    page_size: int = from_environment("PAGE_SIZE", 3)
