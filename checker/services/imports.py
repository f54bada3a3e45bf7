"""What suites that need a service import, and better before a test's time is limited."""

from __future__ import annotations

IMPORTS = {
    # Suites with MongoDB compare it with what else there is.
    "mongodb": ("checker.suite.documents", "tortoise.contrib.fastapi", "tortoise.backends.psycopg"),
    "postgres": (
        "checker.suite.database",
        "checker.suite.statements",
        "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.ext.asyncio",
        "sqlalchemy.orm",
    ),
    "rabbitmq": ("aio_pika", "faststream.rabbit", "http.server", "httpx"),
    "redis": ("checker.suite.keyspace", "redis.asyncio"),
}
"""The modules by service, as in ``kata.toml``."""
