"""What the app is told by its environment. Given: use it, do not edit it."""

import os

DATABASE_URL = os.environ["DATABASE_URL"]
"""Where the database is, as `create_engine` and `create_async_engine` read it."""

POOL_SIZE = int(os.environ.get("POOL_SIZE", "5"))
"""How many connections this app may have open at a time; the others belong to other apps."""
