"""What differs from place to place, read from the environment. Given: use it, do not edit it."""

import os

DATABASE_URL = os.environ["DATABASE_URL"]
RABBITMQ_URL = os.environ.get("RABBITMQ_URL") or "amqp://guest:guest@127.0.0.1:5672/"

STOCK_URL = os.environ.get("STOCK_URL", "http://127.0.0.1:8001")
"""Where the orders service finds the stock service."""
STOCK_TIMEOUT = float(os.environ.get("STOCK_TIMEOUT", "2"))
"""How many seconds one call of the stock service may take, from its beginning to its end."""
STOCK_ATTEMPTS = int(os.environ.get("STOCK_ATTEMPTS", "3"))
"""How often the stock service is called for one order, at most."""
STOCK_PAUSE = float(os.environ.get("STOCK_PAUSE", "0.2"))
"""How many seconds the orders service waits, at least, before it calls again."""

RELAY_SECONDS = float(os.environ.get("RELAY_SECONDS", "1"))
"""How many seconds lie between two looks into the outbox."""

HANDLING_ATTEMPTS = int(os.environ.get("HANDLING_ATTEMPTS", "3"))
"""How often the stock service tries to handle one message, at most."""
