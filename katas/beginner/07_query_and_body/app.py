"""The bookshop's search, its update of a book, and its offers."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here, on top of catalogue.py (`from . import catalogue`):
#   GET  /books                  search: q, subject, in-stock, skip and limit in the query
#   PUT  /books/{book_id}        change a book: dry-run in the query, the new data in the body
#   POST /books/{book_id}/offer  make an offer: customer, delivery and copies in the body
