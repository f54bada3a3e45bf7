"""The bookshop's postage desk: one quote that shows what FastAPI is liked for."""

from fastapi import FastAPI

app = FastAPI(title="Postage desk")

# Build here:
#   get_carrier          the dependency that provides the Carrier of carrier.py
#   GET /postage/{zone}  what does this parcel cost, and on which day does it arrive?
