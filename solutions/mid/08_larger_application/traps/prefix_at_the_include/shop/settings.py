from pydantic import PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What differs from one shop to another; read from SHOP_… when one is made."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True)

    title: str = "Bookshop"
    staff_key: SecretStr = SecretStr("")  # without one, the office stays closed
    page_size: PositiveInt = 3
