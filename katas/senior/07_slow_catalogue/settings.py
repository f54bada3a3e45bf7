"""What the app is told by its environment. Given: use it, do not edit it."""

import os

DATABASE_URL = os.environ["DATABASE_URL"]
"""Where PostgreSQL is, as `create_engine` and `create_async_engine` read it."""

REDIS_URL = os.environ["REDIS_URL"]
"""Where Redis is, as `redis.Redis.from_url` and `redis.asyncio.Redis.from_url` read it."""

_PROXIES = os.environ.get("TRUSTED_PROXIES", "").split(",")
TRUSTED_PROXIES = frozenset(address.strip() for address in _PROXIES if address.strip())
"""The addresses of the proxies that may say for whom they ask; empty when there is none."""
