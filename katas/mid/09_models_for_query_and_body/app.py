"""The bookshop's search and its checkout."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here, with the books of catalogue.py:
#   GET  /search    the books that fit a query; an unknown parameter is refused
#   POST /checkout  an order with lines, delivery and payment: checked as a whole, and priced
