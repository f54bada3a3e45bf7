import os
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Settings:
    title: str = field(default_factory=lambda: os.environ.get("SHOP_TITLE", "Bookshop"))
    staff_key: str = field(default_factory=lambda: os.environ.get("SHOP_STAFF_KEY", ""))
    page_size: int = field(default_factory=lambda: int(os.environ.get("SHOP_PAGE_SIZE", "3")))
