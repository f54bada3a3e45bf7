"""The bookshop's books, in the store that the environment chooses."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   the app's lifespan           opens the store that STORE names, and closes it in the end
#   a dependency                 gives the handlers that store, and they know no more than `Books`
#   PUT  /books/{isbn}           add a book or replace it: 201 or 200
#   GET  /books/{isbn}           one book, or 404
#   POST /books/{isbn}/stock     add copies or take some: 200, 404 or 409
#   GET  /books                  the books by language, by tag and by the number of pages
