"""The bookshop's first two endpoints: read books and add books."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   GET  /books            every book, in the order they were added
#   GET  /books/{book_id}  one book, or 404
#   POST /books            add a book: 201, the stored book, and where it is found
