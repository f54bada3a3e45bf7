"""The buyer's desk of the bookshop: only right books get in."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   POST /books  add a book that keeps every rule of the README: 201 and the book,
#                without its cost price; anything else is a 422 that names the field
#   GET  /books  every book, in the order they were added, without its cost price
