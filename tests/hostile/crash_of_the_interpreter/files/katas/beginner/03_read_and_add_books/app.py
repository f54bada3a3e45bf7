"""Writes to an address that is not there."""

import ctypes

from fastapi import FastAPI

ctypes.string_at(0)


app = FastAPI(title="Bookshop")
