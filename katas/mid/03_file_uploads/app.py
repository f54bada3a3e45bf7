"""The bookshop's covers: publishers send pictures, and the website shows them."""

from fastapi import FastAPI

app = FastAPI(title="Covers")

# Build here:
#   POST /books/{book_id}/covers  take in one or more covers with a credit and a year: 201
#   GET  /covers/{cover_id}       the picture, byte for byte as it was sent, or 404
#
# The pictures go into the store: from . import store
