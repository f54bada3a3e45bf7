"""Small helpers."""

from .logs import setup  # noqa: F401
