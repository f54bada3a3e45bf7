"""The print desk's service, to be ported from legacy.py."""

from fastapi import FastAPI

app = FastAPI(title="Print desk")

# Build here what legacy.py serves:
#   GET  /health        is the service up?
#   GET  /quote         what would it cost to print so many copies?
#   GET  /stock/{isbn}  how many copies does the warehouse have?
#   POST /orders        order copies
