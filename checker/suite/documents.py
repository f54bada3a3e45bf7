"""The MongoDB database of one test, as suites look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymongo

if TYPE_CHECKING:
    from pymongo.database import Database


class DocumentStore:
    """A MongoDB database that was made for this run, and is empty when a test begins.

    Args:
        url: with the database's name.

    Attributes:
        url: the same; the app finds it under ``MONGODB_URL``.
        database: PyMongo's view of it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            url, serverSelectionTimeoutMS=3_000
        )
        self.database: Database[dict[str, Any]] = self._client.get_default_database()

    def empty(self) -> None:
        """Drop every collection.

        Raises:
            pymongo.errors.PyMongoError: the server is gone.
        """
        self._client.drop_database(self.database.name)

    def check(self) -> None:
        """See whether the server still does its work.

        Raises:
            pymongo.errors.PyMongoError: it does not.
        """
        self._client.admin.command("ping")

    def close(self) -> None:
        """Disconnect."""
        self._client.close()
