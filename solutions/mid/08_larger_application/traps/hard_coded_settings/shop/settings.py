from pydantic import BaseModel, SecretStr


class Settings(BaseModel):
    """What differs from one shop to another."""

    title: str = "Bookshop"
    staff_key: SecretStr = SecretStr("let-me-in")
    page_size: int = 20
