"""Sections and models are packages, and the factory wires by overriding two empty dependencies."""

from .shop import create_app

app = create_app()
