"""The tablet between the shelves: every thing in the shop has an address of its own."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here, with what catalogue.py offers (`from . import catalogue`):
#   GET /books/{book_id}               one book, by its number
#   GET /books/newest                  the book that was added last
#   GET /books/{book_id}/pages/{page}  one page of a book
#   GET /shelves/{genre}               the books of one genre
#   GET /books/isbn/{isbn}             one book, by its ISBN
#   GET /files/{file_path}             one file; its path may contain slashes
