"""The books in MongoDB, through PyMongo's async API: `STORE=mongodb`."""

from typing import Any

Document = dict[str, Any]
"""A document, as PyMongo takes and gives it."""

# Build here a class that keeps the contract `Books`, and a way to open and close it.
