"""Relies on a stockroom that is content with everything."""

from fastapi import FastAPI

from . import stockroom  # noqa: F401

app = FastAPI(title="Bookshop")
